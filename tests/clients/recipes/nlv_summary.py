"""What all accounts are worth, as the document prints it."""

def setup(ctx):
    ctx.ibkr.tickle()

def tick(ctx):
    accs = ctx.ibkr.get_accounts()
    total_usd = 0
    for a in accs:
        ledger = ctx.ibkr.get_ledger(a["accountId"])
        usd = ledger.get("USD", {})
        nlv = float(usd.get("netliquidationvalue", 0))
        total_usd += nlv
        ctx.log.info(f"{a['accountId']:10} NLV ${nlv:,.2f}")
    ctx.monitor.metric("ibkr_total_nlv", total_usd)
