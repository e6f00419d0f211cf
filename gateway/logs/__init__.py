"""What the gateway says to its operators when something fails."""
