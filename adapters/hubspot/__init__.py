"""HubSpot CRM v3: contacts, their groups and their marketing consents."""
