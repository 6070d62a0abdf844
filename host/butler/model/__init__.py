"""The nouns that platforms, plugins and the host share: frozen, free of behaviour, safe to keep.

Every id is a string that begins with its platform's name (``matrix:!room:server``), so that ids of
different platforms never meet. Times are aware datetimes in UTC. Durations are seconds.
"""

from butler.model.charts import Bars, Chart, Lines, Links
from butler.model.controls import Button, Card, Choice, Field, Form, Listing, Menu
from butler.model.events import Attachment, Event, Kind, Message
from butler.model.models import Model
from butler.model.personas import NO, VETO, YES, Pace, Persona, Refuse, Say, Section, Stop, Use, Vote
from butler.model.places import Channel, Guild, Person, Rank, platform_of
from butler.model.replies import Action, File, PollResult, Reply, Sent

__all__ = [
    "NO",
    "VETO",
    "YES",
    "Action",
    "Attachment",
    "Bars",
    "Button",
    "Card",
    "Channel",
    "Chart",
    "Choice",
    "Event",
    "Field",
    "File",
    "Form",
    "Guild",
    "Kind",
    "Lines",
    "Links",
    "Listing",
    "Menu",
    "Message",
    "Model",
    "Pace",
    "Person",
    "Persona",
    "PollResult",
    "Rank",
    "Refuse",
    "Reply",
    "Say",
    "Section",
    "Sent",
    "Stop",
    "Use",
    "Vote",
    "platform_of",
]
