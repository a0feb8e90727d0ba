"""How pages look: styles and scripts, faces and themes, maps and charts."""
