"""How clients and sessions are connected, lost and found again."""
