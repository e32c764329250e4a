"""Lambda handlers of refarch, and the engines behind them."""
