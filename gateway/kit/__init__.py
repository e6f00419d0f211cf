"""What adapters share: functions and small classes, each with one semantics. No base class, no vendor."""
