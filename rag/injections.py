"""Flags passages that speak to a model instead of a reader, in the ways that are known; prose for people is not.

A flag is shown to people, and keeps the passage from a model; sentences quoted word for word are not left out for it.
"""

from __future__ import annotations

import re
import unicodedata

_MODEL = (
    r"(?:ai|a\.i\.|llms?|(?:large )?language models?|(?:the )?assistants?|chat ?bots?|(?:ai|virtual|digital|language) "
    r"(?:assistants?|models?|systems?|agents?|readers?|tools?|bots?|crawlers?)|chatgpt)(?!\w)"
)
_START = r"(?:(?:^|\n|[.!?:;]['\"”’)\]]*\s)\s*(?:(?:then|instead|now|so),? )?|\b(?:please|kindly) )"
"""Where a command begins."""
_SAY = r"(?:say|state|claim|declare|write|answer|reply|respond|output|print|conclude|assert)"
_TOLD = r"(?:that\b(?! (?:question|one|call|letter|down|again|off|way)\b)|only\b|exactly\b|this\s?:|[\"“‘])"
"""What follows a verb of saying where somebody is told what to say."""
_ANSWER = r"(?:answers?|responses?|reply|replies|outputs?|summary|summaries)"
_TEXT = (
    r"(?:text|page|article|passage|paragraph|document|message|note|site|website|story|content|source|line|part|section)"
)
_BEFORE = r"(?:previous|prior|above|earlier|preceding|foregoing|original|initial|other|existing)"
_RULES = r"(?:instructions?|prompts?|directions|guidelines|directives|system message)"
_WHAT = (
    rf"(?:{_RULES}|rules|(?:the|this|your|user'?s) question|(?:everything|anything|all) (?:above|before|else above)"
    r"|all previous|what(?:ever)? (?:question )?(?:you (?:were|are|have been) (?:asked|told|given)|the user (?:ask"
    r"|want)"
    r"(?:s|ed))|(?:everything|anything|what) you (?:were told|have (?:been told|read so far)))"
)
_ENDED = r"(?=\W*(?:$|\n|and\b|but\b|above|before|given|you|in (?:the|your)\b|instead|[.,;:!]))"

_SIGNS = [
    (
        "tells a model to ignore its instructions",
        rf"\b(?:ignore|disregard|forget|override|bypass|neglect|pay no (?:attention|heed) to)\b(?:\s+(?:all|any|the"
        rf"|every"
        rf"|of|your|these|those|my|this|user'?s|system|{_BEFORE}))*\s+{_WHAT}{_ENDED}"
        rf"|{_START}(?:skip|(?:do not|don'?t|never) (?:answer|follow|obey|heed)|(?:stop|refuse) (?:following|answering"
        rf"|to answer)|(?:instead of|rather than) answering)\b(?:\s+(?:all|any|the|your|these|user'?s|system"
        rf"|{_BEFORE}))*"
        rf"\s+{_WHAT}{_ENDED}"
        rf"|\b(?:your|all|the|any|these) (?:{_BEFORE} )?{_RULES}(?: above| given| so far)? (?:no longer apply|(?:are"
        rf"|is)"
        r" (?:hereby |now )?(?:void|null|cancell?ed|obsolete|overridden|superseded|revoked|replaced))\b"
        r"|\bforget the (?:articles|sources|documents|passages) you (?:have )?(?:read|seen|been given)\b",
    ),
    (
        "tells a model which sources to use",
        rf"{_START}(?:always |only )*(?:ignore|disregard|(?:do not|don'?t|never) (?:use|cite|trust|quote|mention|read))"
        r" (?:(?:all|any|every|the|of) )*(?:other )+(?:sources?|articles?|documents?|passages?|paragraphs?)\b"
        r"|\b(?:use|cite|trust|rely on) only (?:this|source)\b"
        r"|\bcite (?:only )?(?:(?:source|passage|number) \d|\[\d|this \w+ (?:first\b|(?:for|in|after) (?:every|each"
        r"|all)\b"
        r"|as \[))"
        r"|\bother (?:sources|articles|documents|passages)\b[^.!?\n]{0,60}\b(?:must|should|may) not be (?:used|cited"
        r"|trusted|quoted)\b",
    ),
    (
        "tells a model to ignore its instructions",
        r"\b(?:ignorier\w*|vergiss|vergessen sie|missachte\w*|beachte\w*)\b[^.!?\n]{0,20}\b(?:vorherig|vorig|bisherig"
        r"|obig"
        r"|früher)\w* (?:anweisung|instruktion|vorgabe|frage)|\b(?:ignorier|vergiss|vergessen"
        r"|missacht)\w*(?: sie)? (?:die|diese)"
        r" frage (?:und|,)"
        r"|\b(?:ignore[zr]?|oublie[zr]?|ne ten(?:ez|ons|ir) pas compte|ne suive?z pas)\b[^.!?\n]{0,20}\b(?:instructions"
        r"|consignes) (?:précédentes|ci-dessus|antérieures|initiales)|\b(?:oublie[zr]?|ignore[zr]?) (?:la"
        r"|cette) question et\b"
        r"|\b(?:ignor[aei]\w?|olvid[ae]\w?|(?:haga|hagan|haz|hagas?) caso omiso|dimentica\w*|esque[cç]a\w*"
        r"|desconsidere)\b"
        r"[^.!?\n]{0,20}\b(?:instrucciones|indicaciones|istruzioni|indicazioni|instruções) (?:anterior|previa|preceden)"
        r"|\b(?:ignor[ae]|olvid[ae]|dimentica) (?:la|esta|questa|a) (?:pregunta|domanda|pergunta) (?:y|e)\b"
        r"|\b(?:negeer|vergeet)\b[^.!?\n]{0,12}\b(?:vorige|eerdere|bovenstaande) (?:instructies|opdrachten"
        r"|aanwijzingen)"
        r"|\b(?:z?ignoruj\w*|zapomnij)\b[^.!?\n]{0,12}\b(?:poprzedni|wcześniejsz)\w* (?:instrukcj|polece)"
        r"|\b(?:ignorer(?:a|er)?|glöm|glem)\b[^.!?\n]{0,12}\b(?:tidigare|tidligere|föregående|forrige) (?:instru|anvis)"
        r"|önceki [^.!?\n]{0,12}talimat\w* (?:yok say|unut|görmezden gel)"
        r"|\b(?:abaikan|lupakan)\b[^.!?\n]{0,12}\b(?:instruksi|perintah) sebelumnya"
        r"|bỏ qua [^.!?\n]{0,12}(?:hướng dẫn|chỉ dẫn) (?:trước|trên)|(?:पिछल"
        r"|पूर्व)\S* निर्देश\S*[^.!?\n]{0,8}(?:अनदेखा|भूल)"
        r"|(?:игнорируй|забудь|проигнорируй|проігноруй|ігноруй|не обращай\w* внимания)[^.!?\n]{0,12}(?:предыдущ|прежн"
        r"|попередн)"
        r"\w* (?:инструкц|указани|вопрос|інструкц|вказівк)"
        r"|(?:忽略|无视|忘记|忽視|無視)[^。！？\n]{0,6}(?:之前|上述|以上|先前|前面|所有)[^。！？\n]{0,6}(?:指令|指示|提示|内容|內容)"
        r"|(?:これまで|以前|上記)の(?:すべての|全ての)?(?:指示|命令|質問|プロンプト)を?(?:すべて|全て)?無視"
        r"|(?:이전|위의|앞의) ?(?:모든 )?(?:지시|명령|질문)\S{0,3} ?(?:모두 )?무시|تجاهل.{0,20}التعليمات.{0,10}السابقة",
    ),
    (
        "tells a model what to answer",
        r"(?:^|\n|[.!?:]\s)\s*(?:antworte(?:n sie)?|répond(?:s|ez)|respond[ae]|contest[ae]|rispond[ia]|responda"
        r"|отвечай(?:те)?"
        r"|odpowiedz|antwoord|svara|svar) (?:nur|immer|stets|toujours|seulement|siempre|s[oó]lo|sempre|solo|всегда"
        r"|только"
        r"|zawsze|tylko|altijd|alleen|alltid|bara|kun)\b"
        r"|\b(?:hinweis|nachricht|anweisung)\w* (?:für|an) (?:die |alle )?(?:ki|sprachmodell)[^.!?:\n]{0,20}:"
        r"|\b(?:als|bist du eine?"
        r"|du eine?) (?:ki|sprachmodell)\b[^.!?\n]{0,20}\b(?:musst|sollst|sage?)\b"
        r"|\b(?:note|message|avis) (?:aux|pour les?|à l'attention des) (?:assistants?|modèles?|ia)\b[^.!?:\n]{0,20}:"
        r"|\b(?:nota|aviso|mensaje|messaggio) (?:para|per|a) (?:los |las |gli |os |as |la )?(?:asistentes?"
        r"|assistent[ei]s?"
        r"|modelos?|modelli|ia)\b[^.!?:\n]{0,20}:|(?:примечание|сообщение) для (?:ии\b|языков)",
    ),
    (
        "gives a model a role",
        r"\byou are now (?:an? |the |in |my )?(?:\w+ )?(?:ai|assistant|model|chatbot|bot|dan|developer|system"
        r"|administrator|expert|helpful|unrestricted|free|jailbroken)\b"
        r"|\b(?:act|behave|respond|pretend) as (?:if you (?:are|were) )?an? (?:\w+ )?(?:ai|assistant|language model"
        r"|chatbot)\b"
        r"|\bas an ai (?:language )?(?:model|assistant),? you\b"
        r"|\byou are (?:an?|the) (?:[\w-]+ ){0,2}(?:assistant|chatbot|language model|ai) (?:of|for|that|who|which"
        r"|and)\b"
        rf"|{_START}(?:act|speak|answer|reply|respond) as [^.!?\n]{{1,30}}\band (?:always |only )?{_SAY}\b"
        rf"|{_START}pretend (?:that|to be|you are)\b"
        r"|\byour (?:(?:new|only|real|sole|main) )*(?:task|job|role|purpose|goal) is (?:now )?to (?:say|state|answer"
        r"|reply"
        r"|repeat|respond|praise|recommend|claim)\b",
    ),
    (
        "speaks of a model's prompt",
        r"\b(?:your|the) (?:system|hidden|initial) (?:prompt|message|instructions)\b[^.!?\n]{0,60}\b(?:is|are"
        r"|says?|reveal|print|repeat)\b"
        r"|\b(?:reveal|print|repeat|output|show|leak)\b[^.!?\n]{0,30}\b(?:system|hidden|initial) (?:prompt"
        r"|message|instructions)\b"
        r"|\b(?:new|updated|revised) (?:system )?(?:instructions?|task)\s?:|\b(?:system|important) (?:override"
        r"|instruction|notice to (?:ai|llm))s?\s?:"
        r"|(?:^|\n|[.!?]\s)\s*(?:system|developer|admin(?:istrator)?|assistant|ai|llm|model|chatbot) (?:message|note"
        r"|notice"
        r"|prompt|instructions?|override|directive|command)\s?:"
        r"|\b(?:keep|treat) (?:this|these) (?:instructions?|note|message|prompt)s? (?:secret|confidential|hidden)\b",
    ),
    (
        "speaks to a language model",
        rf"\b(?:attention|note|message|instructions?|notice|reminder|request|hint)s? (?:to|for) (?:the |all |any "
        rf"|every )*"
        rf"(?:models?\b|{_MODEL})(?: (?:assistants?|models?))?(?:(?:,| and| or) (?:other )?{_MODEL})*\s?(?:[:,–—-]"
        rf"|that "
        r"read|reading)"
        rf"|{_START}(?:dear|attention),? (?:all )?{_MODEL}\s?[,:!.]"
        rf"|{_START}(?:hello|hi|hey|ok),? {_MODEL}\s?[,:!.]\s*(?:please )?(?:{_SAY}|tell|summari[sz]e|cite|ignore)\b"
        rf"|{_START}for (?:the |all |any )?{_MODEL}\s?:"
        rf"|\b(?:this|it)(?: {_TEXT})? is (?:only |meant |intended )*for (?:the |all |any )?{_MODEL}\s?(?:[.:,;!]"
        rf"|that (?:read"
        r"|answer))"
        r"|\bif you(?: are|'re) (?:an?|the) (?:ai|llm|language model|chatbot|(?:ai |virtual )?assistant)\b"
        r"|\bare you an? (?:ai|llm|language model|chatbot|assistant)\b[^.!?\n]{0,20}\?\s*(?:then|if so)\b"
        rf"|\b(?:ai|llms?|language models?|chat ?bots?|chatgpt)\b[^.!?\n]{{0,40}}\b(?:read(?:ing|s)?|process(?:ing"
        rf"|es)?|summari[sz](?:ing|es)|pars(?:ing|es)"
        rf"|index(?:ing|es)|see(?:s|ing)) (?:this (?:{_TEXT}\b|must\b|should\b|,|:)|this\s*[.,:])"
        rf"|\b(?:to|for) (?:the |any |all )?{_MODEL} (?:that |which )?(?:reads?|reading|process(?:es|ing)) this\b",
    ),
    (
        "tells a model what to answer",
        rf"{_START}(?:(?:just|simply|only|always) )*{_SAY}(?: only| instead| exactly)? {_TOLD}"
        rf"|{_START}(?:(?:just|simply|only|always) )+{_SAY}\s?[:\"“‘]"
        rf"|{_START}(?:instead of|rather than) answering\b[^.!?\n]{{0,30}}, {_SAY} {_TOLD}"
        r"|(?:^|[.!?:;]\s+|\b(?:and|instead|must|should|please|to)\s+)(?:respond|reply|answer)(?: only| instead"
        r"| exactly)? (?:with|that)(?: only| exactly)?(?: the)?(?: (?:word|words|text|phrase|sentence|statement"
        r"|following|exact)"
        r"\b|\s?[:\"“‘'])"
        rf"|{_START}(?:(?:just|simply|only|always) )*(?:{_SAY}|repeat|copy|quote) (?:the |this )(?:following "
        rf"|exact )?(?:words?"
        r"|text|phrase|sentence|statement|line)s?\b[^.!?\n]{0,20}(?:[:\"“‘]|\bthat\b)"
        r"|\b(?:whatever|when|if) (?:the user|you are|you're) (?:asks?|asked)\b[^.!?\n]{0,60}\b(?:say|answer"
        r"|reply|respond|tell)\b"
        r"|\b(?:if|when|whenever)\b[^.!?,\n]{0,30}\b(?:ask(?:s|ed)|answering|summari[sz]ing|summari[sz]e"
        r"|quoting)\b[^.!?,\n]"
        rf"{{0,60}}, (?:(?:please|always|only|just|simply|then) )*(?:{_SAY} {_TOLD}|(?:mention|cite|recommend"
        rf"|include) (?:that"
        r"|this|the|source)\b|tell (?:them|the))"
        r"|\b(?:ai|llm|language model|assistant|chatbot|model|chatgpt)s? (?:must|should|shall"
        r"|reading this)\b[^.!?\n]{0,40}\b(?:say|answer|reply"
        r"|respond|output|include|cite|state|ignore)\b[^.!?\n]{0,40}(?:[:\"“‘]|\bthat\b|\bthis\b)"
        rf"|\bwe (?:kindly |politely )?(?:ask|request|urge|instruct) (?:(?:all|any|every"
        rf"|the) )*{_MODEL}[^.!?\n]{{0,40}}\bto "
        rf"(?:{_SAY} {_TOLD}|(?:cite|mention|recommend) (?:this|that|only|the)\b)"
        rf"|\b{_MODEL} are (?:(?:kindly|politely|hereby|please) (?:asked|requested|instructed|told) to|(?:asked"
        rf"|requested) to "
        rf"{_SAY} {_TOLD})"
        rf"|\byou (?:must|shall|are (?:required |asked |told )?to|should|will|have to|need to) (?:(?:always|only|now"
        rf"|simply)"
        rf" )*(?:answer|reply|respond|state|output|repeat) {_TOLD}"
        rf"|\byou (?:must|shall|are (?:required |asked |told )?to|will only) (?:(?:always|only|now|simply) )*(?:say"
        rf"|claim"
        rf"|write) {_TOLD}"
        r"|\bfrom now on,? (?:you (?:(?:must|will|should|only|always|are to) )*(?:say|answer|reply|respond|write"
        r"|output|speak)"
        r"\b|(?:only |always )?(?:respond|reply|answer) (?:in|with|only|as)\b)"
        rf"|{_START}(?:tell|inform|assure|remind|convince) (?:the )?(?:user|questioner|asker|(?:reader|people"
        rf"|everyone|anyone"
        r"|whoever)(?: who)? asks?)\b"
        r"|\b(?:the )?user (?:wants|has asked|asked|asks|would like|expects) (?:you to|to (?:hear|be told))\b"
        r"|\bthe question (?:has changed|was a test|is a test)\s?[:;]"
        r"|\b(?:do not|don'?t|never) (?:mention|reveal|disclose|cite|tell|repeat|show)\b[^.!?\n]{0,40}\b(?:these"
        r" instructions|this (?:instruction|note|message|prompt)|the user|other sources|the sources?|your instructions"
        r"|(?:have )?read this)\b",
    ),
    (
        "tells a model what to answer",
        r"\byour (?:\w+ )?(?:answer|response|reply|output|summary) (?:(?:must|should|shall|has to|needs to"
        r"|is to) (?:be that|only"
        r"|state|say|read|consist of|begin|start|end|(?:contain|include|mention) (?:that|this|the (?:words?|sentence"
        r"|link"
        r"|following|text|phrase)|[\"“‘]))|is that)\b"
        rf"|{_START}(?:begin|start|end|finish|open|close|preface) your {_ANSWER}\b"
        rf"|\b(?:in|to|at the end of) your {_ANSWER}\b[^.!?\n]{{0,60}}\b(?:include|add|append|say|write"
        r"|link)\b"
        rf"|\b(?:include|add|append|insert|say|state|write|mention|recommend|praise|repeat|copy|show"
        rf"|render)\b[^!?\n]{{0,60}}"
        rf"\b(?:in|to|at the end of|as) (?:your|every|each) {_ANSWER}\b"
        r"|\b(?:correct|only|right|true) answer to (?:every|all|any|whatever|the user'?s) questions?\b|\banswer to the"
        r" user'?s question (?:is|must)\b"
        r"|\bonly (?:correct|valid|allowed|permitted|acceptable) (?:answer|reply|response) is\s?[:\"“‘]"
        rf"|\b(?:reply|respond|answer) (?:with )?[\"“‘]?(?:no answer|yes|no)[\"”’]? to (?:every|all|any"
        rf"|each) questions?\b"
        rf"|{_START}{_SAY} that you (?:cannot|can'?t|could not|do not|don'?t) (?:answer|know|find)\b"
        r"|\bone rule for whoever answers\b",
    ),
    (
        "asks for what would send data elsewhere",
        r"!\[[^\[\]\n]{0,200}\]\(\s*(?:https?:)?//[^()\s]{1,500}\?[^()\s]{1,500}\)"
        r"|\b(?:append|add|include|insert|put|encode|attach|embed|send|forward|post"
        r"|copy)\b[^.!?\n]{0,30}\b(?:the (?:user'?s )?"
        r"(?:question|query|prompt|conversation|chat)|(?:user|this)'?s? (?:question|query|prompt"
        r"|conversation)) [^!?\n]{0,30}"
        r"(?:https?://|\burl\b|\blink\b|\bweb address\b|\bimage\b)"
        r"|\b(?:followed by|append) the (?:user'?s )?(?:question|query|prompt)\b"
        r"|\b(?:show|render|display|load)\b[^.!?\n]{0,20}\bimage\b[^!?\n]{0,30}\b(?:to the user|in your)\b"
        r"|\bhttps?://\S{1,200} and follow the instructions\b",
    ),
    (
        "carries a role tag of a chat model",
        r"<[|｜][^|｜<>\n]{1,40}[|｜]>|\[/?INST\]|<</?SYS>>|</?(?:system|assistant|tool_call|start_of_turn"
        r"|end_of_turn|think|instructions?|prompt)>|<!--[^>\n]{0,20}\b(?:ai|llm|assistant|model|chatbot)\b"
        r"|#{2,6}\s*(?:system|instructions?|response|assistant|human)(?:\s(?:prompt|message))?\s*:|(?:^"
        r"|\n)\s*(?:system|assistant)\s?:|(?:^|\n|[.!?]\s)\s*[\[(](?:system|assistant|developer)(?: message| note"
        r"| prompt)?[\])]"
        r"|\b(?:human|user)\s?:[^\n]{1,300}\bassistant\s?:|[\"']role[\"']\s?:\s?[\"'](?:system|developer)[\"']",
    ),
    (
        "imitates a delimiter of the prompt",
        r"<<\s?/?\s?(?:source|end|sources|passage|context|document)\b[^<>\n]{0,60}>>"
        r"|-{3,}\s?(?:begin|end) of (?:sources?|context|documents?|prompt|articles?|input)\b"
        r"|</?(?:sources?|context|documents?|passages?|articles?)>",
    ),
]
_PATTERNS = [(reason, re.compile(pattern, re.IGNORECASE)) for reason, pattern in _SIGNS]
_SPACES = re.compile(r"[ \t\xa0]+")
_HIDDEN = re.compile("[\xad\u034f\u061c\u180e\u200b-\u200f\u2060-\u2064\ufeff\u202a-\u202e\u2066-\u206f\ufe00-\ufe0f]")
_SECRET = re.compile(
    "[\u202d\u202e](?:[^\\s\u202c]{1,40}\\s+){3}|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007f]{4}"
)
"""Turns the letters of a line round, or writes them so that no one sees them; flags of regions aside."""
_SPACED = re.compile(r"\b(?:[A-Za-z][ .·_-]){4,40}[A-Za-z]\b")
_WORD = re.compile(r"\w*[A-Za-z]\w*")
_FOREIGN = str.maketrans("аеорсухіјѕԁһкмтвнАЕОРСУХІЈЅКМТВНαειορνκυτ", "aeopcyxijsdhkmtbhAEOPCYXIJSKMTBHaeiopvkut")
"""Letters of other alphabets that look like Latin ones."""
_DIGIT = re.compile(r"(?<=[A-Za-z])[0134](?=[A-Za-z])")
_DIGITS = {"0": "o", "1": "i", "3": "e", "4": "a"}


def instructions(text: str) -> str | None:
    """Why a passage seems to carry instructions to a model, in a few words; None if it does not."""
    if _SECRET.search(text):
        return "hides letters from its readers"
    plain = _plain(text)
    return next((reason for reason, pattern in _PATTERNS if pattern.search(plain)), None)


def _plain(text: str) -> str:
    """The words that a reader takes them for, however their letters are disguised."""
    text = unicodedata.normalize("NFKC", _HIDDEN.sub("", text))
    text = _WORD.sub(lambda word: word[0] if word[0].isascii() else word[0].translate(_FOREIGN), text)
    text = _DIGIT.sub(lambda digit: _DIGITS[digit[0]], text)
    text = _SPACED.sub(lambda word: re.sub(r"[^A-Za-z]", "", word[0]), text)
    return _SPACES.sub(" ", text)
