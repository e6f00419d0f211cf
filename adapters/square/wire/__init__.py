"""Square's answers as typed records: only the fields this adapter reads, decoded strictly. A field Square leaves out or
sends as null is None or empty."""
