"""What waits for a second person: acts one person proposes and another performs."""
