"""The shop as an app with the levers of `refarch.fast`: STACKS=n builds n of them."""

import os

from refarch import fast

fast.start()
app = fast.app()
fast.build(
    app,
    {f"Shop{number}": "benchmarks.synth.shop_stack:ShopStack" for number in range(int(os.environ.get("STACKS", "1")))},
)
app.synth()
