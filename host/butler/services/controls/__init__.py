"""Buttons, menus, forms, pages and questions: signed, good after a restart, shown as well as each platform can."""
