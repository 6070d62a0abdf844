"""What can happen on Discord, whoever does it: a person, a bot through the API, a webhook."""
