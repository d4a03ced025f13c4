"""Words that turn a statement round or weaken it: negation, opposites, hedges. English."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rag.tokens import Token

NEGATIONS = frozenset(
    "not no never none nobody nothing neither nor cannot without hardly barely scarcely unable fail fails failed "
    "failing refuse refuses refused refusing deny denies denied".split()
)
HEDGES = frozenset(
    "may might could possibly perhaps probably likely reportedly allegedly alleged apparently seems seem seemed "
    "appears appear appeared suggests suggest suggested potentially presumably supposedly rumoured rumored "
    "unconfirmed suspected considering planning plans hopes proposed".split()
)
"""Words by which a source says less than that it is so. A statement that has none of them says more than its source."""
_OPPOSITES = """
more:less,fewer most:least,fewest increase:decrease,decline,reduce,drop,fall,cut,shrink increases:decreases
increased:decreased,declined,reduced,dropped,fell,shrank increasing:decreasing,declining,falling,shrinking
rise:fall,drop,decline rises:falls rose:fell,dropped,declined,sank risen:fallen rising:falling grow:shrink,decline
grew:shrank,declined,fell growing:shrinking growth:decline,contraction gain:loss gains:losses gained:lost higher:lower
highest:lowest high:low larger:smaller largest:smallest large:small bigger:smaller biggest:smallest big:small
greater:lesser,smaller,less greatest:smallest,least longer:shorter longest:shortest long:short stronger:weaker
strongest:weakest strong:weak strengthen:weaken strengthened:weakened better:worse best:worst good:bad faster:slower
fastest:slowest fast:slow earlier:later earliest:latest early:late older:younger,newer oldest:youngest,newest
old:young,new above:below,under over:under before:after with:without for:against up:down upper:lower first:last
north:south northern:southern east:west eastern:western northeast:southwest northwest:southeast left:right
inside:outside inner:outer include:exclude includes:excludes included:excluded including:excluding win:lose wins:loses
won:lost winner:loser victory:defeat accept:reject,refuse accepts:rejects accepted:rejected,refused
approve:reject,oppose approved:rejected,opposed approves:rejects support:oppose supports:opposes supported:opposed
supporter:opponent supporters:opponents supporting:opposing agree:disagree,refuse agreed:disagreed,refused
allow:ban,forbid,prohibit allowed:banned,forbidden,prohibited allows:bans,forbids legal:illegal guilty:innocent
convicted:acquitted confirm:deny confirmed:denied confirms:denies admit:deny admitted:denied admits:denies
succeed:fail succeeded:failed success:failure successful:unsuccessful possible:impossible able:unable likely:unlikely
certain:uncertain true:false,untrue right:wrong correct:incorrect open:close,closed opened:closed opens:closes
opening:closing start:end,stop,finish starts:ends,stops started:ended,stopped,finished begin:end,finish
began:ended,finished begins:ends buy:sell bought:sold buyer:seller import:export imports:exports imported:exported
arrive:leave,depart arrived:left,departed enter:leave,exit entered:left,exited join:leave joined:left hire:fire
hired:fired appointed:dismissed,sacked alive:dead born:died live:die lived:died many:few all:none,some,no
always:never,sometimes often:rarely,seldom usually:rarely,never everyone:nobody,noone everybody:nobody
everything:nothing both:neither ally:enemy allies:enemies friend:enemy friendly:hostile peace:war attack:defend
attacked:defended advance:retreat advanced:retreated positive:negative male:female man:woman men:women boy:girl
son:daughter father:mother brother:sister husband:wife rich:poor cheap:expensive safe:dangerous hot:cold warm:cool
day:night morning:evening public:private major:minor majority:minority maximum:minimum maximal:minimal least:most
current:former next:previous past:future same:different similar:different direct:indirect regular:irregular
known:unknown expected:unexpected expand:shrink,contract expanded:shrank,contracted raise:lower,cut,reduce
raised:lowered,cut,reduced raising:lowering,cutting accelerate:slow accelerated:slowed improve:worsen,deteriorate
improved:worsened,deteriorated improving:worsening praise:criticise,criticize,condemn
praised:criticised,criticized,condemned welcomed:condemned,rejected love:hate loved:hated remember:forget
encourage:discourage encouraged:discouraged permitted:banned,prohibited enable:prevent,disable visible:invisible
active:inactive present:absent presence:absence complete:incomplete formal:informal official:unofficial wet:dry
deep:shallow wide:narrow thick:thin heavy:light hard:soft,easy easy:difficult,hard full:empty near:far top:bottom
front:back forward:backward import:export surplus:deficit profit:loss profits:losses create:destroy created:destroyed
build:demolish built:demolished,destroyed found:lost push:pull pushed:pulled lend:borrow lent:borrowed
mandatory:optional,voluntary required:optional temporary:permanent vote:abstain innocent:guilty
freed:jailed,imprisoned released:arrested,detained escalate:defuse,ease escalated:eased tighten:loosen,ease
tightened:loosened,eased reopened:closed reopen:close
"""


def _opposites() -> dict[str, frozenset[str]]:
    """Both ways round; by whole word, for stems make "general" and "generous" one."""
    found: dict[str, set[str]] = {}
    for entry in _OPPOSITES.split():
        word, others = entry.split(":")
        for other in others.split(","):
            found.setdefault(word, set()).add(other)
            found.setdefault(other, set()).add(word)
    return {word: frozenset(others) for word, others in found.items()}


OPPOSITES = _opposites()


_AFTER_NOT = frozenset("only just merely simply solely alone least".split())
"""`not only` and the like deny nothing."""
RAISING = frozenset("think believ expect want seem appear intend suppos like plan".split())
"""Stems of verbs of which it is one whether they are denied or what follows ("did not think that it would")."""
_NO_OPPOSITE = frozenset(
    "less cover covers covered play plays played count counts counted course pose poses posed charge charges charged "
    "patch patched close closes closed solve solved tract ease eases sense".split()
)
"""`discover`, `display`, `unless`: what follows the prefix is another word."""
_DENIABLE = re.compile(r".{2,}(?:able|ible|al|ant|ent|ive|ate|ite|ect|lar|nal|ure|ble|ence|ance|ity|ly)")
"""Adjectives and what is made of them: `in-` turns these round, but not `port`, `form` or `come`."""


def negations(tokens: Sequence[Token]) -> list[Token]:
    """Tokens that say no."""
    found = []
    for i, token in enumerate(tokens):
        following = tokens[i + 1] if i + 1 < len(tokens) else None
        word, after = token.text.lower(), following.text.lower() if following else ""
        if (word == "not" and after in _AFTER_NOT) or (word == "nothing" and after == "but"):
            continue
        if token.text == "No" and following and following.kind == "figure":
            continue  # No. 10
        if word in NEGATIONS or word.endswith("n't"):
            found.append(token)
    return found


def hedges(tokens: Iterable[Token]) -> list[Token]:
    """Tokens that say "perhaps"."""
    return [t for t in tokens if t.text.lower() in HEDGES and t.text != "May"]


def opposite(ours: Sequence[Token], theirs: Sequence[Token]) -> tuple[Token, Token] | None:
    """A word of ours and the opposite of it in theirs, if neither side has both."""
    other_words = {token.text.lower(): token for token in theirs}
    own_words = {token.text.lower() for token in ours}
    for token in ours:
        word = token.text.lower()
        if word in other_words:
            continue
        for contrary in [*sorted(OPPOSITES.get(word, frozenset()) & other_words.keys()), *_denied(word, other_words)]:
            if contrary not in own_words:
                return token, other_words[contrary]
    return None


def _denied(word: str, others: Iterable[str]) -> list[str]:
    """`legal` against `illegal`, `likely` against `unlikely`: one word with a prefix that denies it."""
    return [other for other in others if _is_denial(*sorted((word, other), key=len))]


def _is_denial(short: str, long: str) -> bool:
    prefix = long.removesuffix(short) if long.endswith(short) else ""
    if len(short) < 4 or short in _NO_OPPOSITE:
        return False
    return prefix in ("un", "dis", "non") or (
        prefix in ("in", "im", "il", "ir") and len(short) > 4 and _DENIABLE.fullmatch(short) is not None
    )
