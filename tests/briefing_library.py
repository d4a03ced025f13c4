"""Invented news of one dispute, for the tests of whole briefings: told twice, disputed, denied, and with gaps."""

from __future__ import annotations

STRIKE = """---
title: Dockers of Porthaven stop work
author: Bo Lind
publisher: The Coast Courier
published: 2024-10-18
---
The dockers of Porthaven stopped work on Wednesday over plans to sell the eastern quay to a bank.

The harbour strike in Porthaven involves some 1,400 dockers, the union reported.

“Nobody on these quays will unload a ship before we are heard,” said Mira Sand, who leads the dockers' union.

It is not clear how long the harbour company of Porthaven can pay its bills during the strike.
"""
TALKS = """---
title: Talks on the harbour strike fail
author: Anna Holm
publisher: Valley News
published: 2024-10-28
---
Talks between the dockers of Porthaven and the harbour company failed on Friday.

The harbour strike in Porthaven involves some 1,900 dockers, the union reported.

Tom Ruder, the director of the harbour company, said the strike of the dockers costs two million crowns a day.

He added that the eastern quay of Porthaven would be sold all the same.

Who will pay for the strike of the dockers in Porthaven?
"""
END = """---
title: Porthaven dockers go back to work
author: Bo Lind
publisher: The Coast Courier
published: 2024-11-06
---
The strike of the Porthaven dockers ended after nineteen days in which no ship was unloaded.

On Monday the first ship was unloaded again at the eastern quay of Porthaven.

Tom Ruder denied that the harbour company had lost the trust of the dockers of Porthaven.

Mira Sand said the dockers of Porthaven would strike again in spring if the eastern quay was sold to a bank.
"""
LOOKING_BACK = """---
title: What the harbour strike changed
publisher: The Morning Post
published: 2025-02-06
---
The strike of the Porthaven dockers ended after nineteen days in which no ship was unloaded.

No ship has used the eastern quay of Porthaven since the strike of the dockers.
"""
CHESS = """---
title: A champion loses her title
publisher: Valley News
published: 2024-11-20
---
The chess champion Ines Duarte lost her title to a player of sixteen in a tournament in Lisbon.

Her coach blamed a cold that had kept her awake for most of the week.
"""
NEWS = {"strike.md": STRIKE, "talks.md": TALKS, "end.md": END, "back.md": LOOKING_BACK, "chess.md": CHESS}
TOPIC = "the strike of the dockers in Porthaven"
FOREIGN = "zebra vaccines of Zagreb laboratories"
ENDED = "The strike of the Porthaven dockers ended after nineteen days in which no ship was unloaded."
TOWN = [
    "The opera house of Porthaven was built by Ada Kron in 1911.",
    "Ada Kron, the architect of Porthaven, painted goats when it rained.",
    "A thief stole the last drawing of Ada Kron from the museum in Porthaven.",
    "Students in Porthaven named a street after Ada Kron.",
    "A portrait of Ada Kron fetched nine million crowns for a painter from Porthaven.",
    "The granddaughter of Ada Kron runs the only cinema of Porthaven.",
    "Salmon have returned to the river Lenne, which flows through Porthaven.",
    "A tanker blocked the mouth of the river Lenne below Porthaven.",
    "The river Lenne froze above Porthaven for the first time since 1946.",
    "Two hunters from Porthaven saw wolves drink from the river Lenne.",
    "Sewage of Porthaven is led into the river Lenne until autumn.",
    "Children of Porthaven learn to swim in the river Lenne.",
    "Trams in Porthaven run on hydrogen that is made from sea water.",
    "The football club of Porthaven lost its coach to a rival.",
    "Taxes in Porthaven are the lowest of all northern towns, an economist found.",
]
"""Six sentences on one thing, six on another, three on neither."""
