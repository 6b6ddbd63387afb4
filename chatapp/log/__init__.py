"""What lasts: the rooms, their events, people's names and read markers, in one database."""
