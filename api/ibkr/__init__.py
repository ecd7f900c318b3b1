"""How ``ctx.ibkr`` reaches a Web API: this process's own, or a gateway's over HTTPS."""
