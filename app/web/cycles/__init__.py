"""What pages and API do with a cycle on its way: agreed lines, actions, ratings, stand-ins, the lab."""
