"""The in-memory reference adapter, offered to configurations under the name `memory`. See README.md in this folder."""
