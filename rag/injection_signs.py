"""How articles speak to a model: patterns, each with the words without which it cannot match.

A test builds texts from every pattern and holds the words against them: a pattern and its words change together.
"""

from __future__ import annotations

_MODEL = (
    r"(?:ai|a\.i\.|llms?|(?:large )?language models?|(?:the )?assistants?|chat ?bots?|(?:ai|virtual|digital|language) "
    r"(?:assistants?|models?|systems?|agents?|readers?|tools?|bots?|crawlers?)|chatgpt)(?!\w)"
)
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
    r"|want)(?:s|ed))|(?:everything|anything|what) you (?:were told|have (?:been told|read so far)))"
)
_ENDED = r"(?=\W*(?:$|\n|and\b|but\b|above|before|given|you|in (?:the|your)\b|instead|[.,;:!]))"
_LINE = r"(?:^|(?<!\s)[^\S\n]*\n)\s*"
"""The beginning of a line. It is sought from where white space begins, so that a row of it is read once."""

_MODELS = "ai, a i, llm*, language, assistant*, chat*, virtual, digital"
_WHATS = (
    "instruction*, prompt*, direct*, guideline*, system message*, rules*, question*, above*, before*, all previous*, "
    "you, the user"
)
_SAYS = "say, state, claim, declare, write, answer, reply, respond, output, print, conclude, assert"

_IGNORE = "tells a model to ignore its instructions"
_SOURCES = "tells a model which sources to use"
_ANSWERS = "tells a model what to answer"
_ROLE = "gives a model a role"
_PROMPT = "speaks of a model's prompt"
_SPEAKS = "speaks to a language model"
_LEAK = "asks for what would send data elsewhere"
_TAG = "carries a role tag of a chat model"
_DELIMITER = "imitates a delimiter of the prompt"

SIGNS: tuple[tuple[str, str, str], ...] = (
    (
        _IGNORE,
        f"ignore, disregard, forget, override, bypass, neglect, pay no; {_WHATS}",
        r"\b(?:ignore|disregard|forget|override|bypass|neglect|pay no (?:attention|heed) to)\b(?:\s+(?:all|any|the"
        rf"|every|of|your|these|those|my|this|user'?s|system|{_BEFORE}))*\s+{_WHAT}{_ENDED}|\bforget the (?:articles"
        r"|sources|documents|passages) you (?:have )?(?:read|seen|been given)\b",
    ),
    (
        _IGNORE,
        f"^skip do don dont never stop refuse instead rather; {_WHATS}",
        r"(?:skip|(?:do not|don'?t|never) (?:answer|follow|obey|heed)|(?:stop|refuse) (?:following|answering"
        r"|to answer)|(?:instead of|rather than) answering)\b(?:\s+(?:all|any|the|your|these|user'?s|system"
        rf"|{_BEFORE}))*\s+{_WHAT}{_ENDED}",
    ),
    (
        _IGNORE,
        "no longer apply, void, null, cancel*, obsolete, overridden, superseded, revoked, replaced; instruction*, "
        "prompt*, directions, guidelines, directives, system message",
        rf"\b(?:your|all|the|any|these) (?:{_BEFORE} )?{_RULES}(?: above| given| so far)? (?:no longer apply|(?:are"
        r"|is) (?:hereby |now )?(?:void|null|cancell?ed|obsolete|overridden|superseded|revoked|replaced))\b",
    ),
    (
        _SOURCES,
        "^always only ignore disregard do don dont never; other source*, other article*, other document*, other "
        "passage*, other paragraph*",
        r"(?:always |only )*(?:ignore|disregard|(?:do not|don'?t|never) (?:use|cite|trust|quote|mention"
        r"|read)) (?:(?:all|any|every|the|of) )*(?:other )+(?:sources?|articles?|documents?|passages?|paragraphs?)\b",
    ),
    (
        _SOURCES,
        "only this, only source, cite, not be used, not be cited, not be trusted, not be quoted",
        r"\b(?:use|cite|trust|rely on) only (?:this|source)\b|\bcite (?:only )?(?:(?:source|passage|number) \d|\[\d"
        r"|this \w+ (?:first\b|(?:for|in|after) (?:every|each|all)\b|as \[))|\bother (?:sources|articles|documents"
        r"|passages)\b[^.!?\n]{0,60}\b(?:must|should|may) not be (?:used|cited|trusted|quoted)\b",
    ),
    (
        _IGNORE,
        "anweisung*, instruktion*, vorgabe*, frage*",
        r"\b(?:ignorier\w*|vergiss|vergessen sie|missachte\w*|beachte\w*)\b[^.!?\n]{0,20}\b(?:vorherig|vorig|bisherig"
        r"|obig|früher)\w* (?:anweisung|instruktion|vorgabe|frage)|\b(?:ignorier|vergiss|vergessen"
        r"|missacht)\w*(?: sie)? (?:die|diese) frage (?:und|,)",
    ),
    (
        _IGNORE,
        "précédentes*, ci dessus*, antérieures*, initiales*, question et, instrucciones, indicaciones, istruzioni, "
        "indicazioni, instruções, pregunta, domanda, pergunta",
        r"\b(?:ignore[zr]?|oublie[zr]?|ne ten(?:ez|ons|ir) pas compte"
        r"|ne suive?z pas)\b[^.!?\n]{0,20}\b(?:instructions|consignes) (?:précédentes|ci-dessus|antérieures"
        r"|initiales)|\b(?:oublie[zr]?|ignore[zr]?) (?:la|cette) question et\b|\b(?:ignor[aei]\w?|olvid[ae]\w?"
        r"|(?:haga|hagan|haz|hagas?) caso omiso|dimentica\w*|esque[cç]a\w*"
        r"|desconsidere)\b[^.!?\n]{0,20}\b(?:instrucciones|indicaciones|istruzioni|indicazioni"
        r"|instruções) (?:anterior|previa|preceden)|\b(?:ignor[ae]|olvid[ae]|dimentica) (?:la|esta|questa"
        r"|a) (?:pregunta|domanda|pergunta) (?:y|e)\b",
    ),
    (
        _IGNORE,
        "instructies*, opdrachten*, aanwijzingen*, instrukcj*, polece*, tidigare, tidligere, föregående, forrige, "
        "*talimat*, sebelumnya*, *bỏ qua",
        r"\b(?:negeer|vergeet)\b[^.!?\n]{0,12}\b(?:vorige|eerdere|bovenstaande) (?:instructies|opdrachten"
        r"|aanwijzingen)|\b(?:z?ignoruj\w*|zapomnij)\b[^.!?\n]{0,12}\b(?:poprzedni|wcześniejsz)\w* (?:instrukcj"
        r"|polece)|\b(?:ignorer(?:a|er)?|glöm|glem)\b[^.!?\n]{0,12}\b(?:tidigare|tidligere|föregående"
        r"|forrige) (?:instru|anvis)|önceki [^.!?\n]{0,12}talimat\w* (?:yok say|unut|görmezden gel)|\b(?:abaikan"
        r"|lupakan)\b[^.!?\n]{0,12}\b(?:instruksi|perintah) sebelumnya|bỏ qua [^.!?\n]{0,12}(?:hướng dẫn"
        r"|chỉ dẫn) (?:trước|trên)",
    ),
    (
        _IGNORE,
        "*प छल*, *प र व*, *предыдущ*, *прежн*, *попередн*, *忽略*, *无视*, *忘记*, *忽視*, *無視*, *무시*, *تجاهل*",
        r"(?<!\S)(?>\S*?(?:पिछल|पूर्व))\S* निर्देश\S*[^.!?\n]{0,8}(?:अनदेखा|भूल)|(?:игнорируй|забудь|проигнорируй"
        r"|проігноруй|ігноруй|не обращай\w* внимания)[^.!?\n]{0,12}(?:предыдущ|прежн|попередн)\w{0,40} (?:инструкц"
        r"|указани|вопрос|інструкц|вказівк)"
        r"|(?:忽略|无视|忘记|忽視|無視)[^。！？\n]{0,6}(?:之前|上述|以上|先前|前面|所有)[^。！？\n]{0,6}(?:指令|指示|提示|内容|內容)"
        r"|(?:これまで|以前|上記)の(?:すべての|全ての)?(?:指示|命令|質問|プロンプト)を?(?:すべて|全て)?無視"
        r"|(?:이전|위의|앞의) ?(?:모든 )?(?:지시|명령"
        r"|질문)\S{0,3} ?(?:모두 )?무시|تجاهل.{0,20}التعليمات.{0,10}السابقة",
    ),
    (
        _ANSWERS,
        "antwort*, répond*, respond*, contest*, rispond*, отвечай*, odpowiedz, antwoord, svar*; nur, immer, stets, "
        "toujours, seulement, siempre, solo, sólo, sempre, всегда, только, zawsze, tylko, altijd, alleen, alltid, "
        "bara, kun",
        rf"(?:{_LINE}|[.!?:]\s+)(?:antworte(?:n sie)?|répond(?:s|ez)|respond[ae]|contest[ae]|rispond[ia]|responda"
        r"|отвечай(?:те)?|odpowiedz|antwoord|svara|svar) (?:nur|immer|stets|toujours|seulement|siempre|s[oó]lo"
        r"|sempre|solo|всегда|только|zawsze|tylko|altijd|alleen|alltid|bara|kun)\b",
    ),
    (
        _ANSWERS,
        "hinweis*, nachricht*, anweisung*, als ki, als sprachmodell, ein ki, eine ki, ein sprachmodell, eine "
        "sprachmodell, aux, avis pour l*, message pour l*, note pour l*, à l attention des, nota p*, nota a, aviso "
        "p*, aviso a, mensaje p*, mensaje a, messaggio p*, messaggio a, для ии, для языков*",
        r"\b(?:hinweis|nachricht|anweisung)\w* (?:für|an) (?:die |alle )?(?:ki|sprachmodell)[^.!?:\n]{0,20}:|\b(?:als"
        r"|bist du eine?|du eine?) (?:ki|sprachmodell)\b[^.!?\n]{0,20}\b(?:musst|sollst|sage?)\b|\b(?:note|message"
        r"|avis) (?:aux|pour les?|à l'attention des) (?:assistants?|modèles?|ia)\b[^.!?:\n]{0,20}:|\b(?:nota|aviso"
        r"|mensaje|messaggio) (?:para|per|a) (?:los |las |gli |os |as |la )?(?:asistentes?|assistent[ei]s?|modelos?"
        r"|modelli|ia)\b[^.!?:\n]{0,20}:|(?:примечание|сообщение) для (?:ии\b|языков)",
    ),
    (
        _ROLE,
        "you are now, act as, behave as, respond as, pretend as, as an ai, you are a, you are an, you are the; ai, "
        "assistant, model, chatbot, language model, bot, dan, developer, system, administrator, expert, helpful, "
        "unrestricted, free, jailbroken",
        r"\byou are now (?:an? |the |in |my )?(?:\w+ )?(?:ai|assistant|model|chatbot|bot|dan|developer|system"
        r"|administrator|expert|helpful|unrestricted|free|jailbroken)\b|\b(?:act|behave|respond"
        r"|pretend) as (?:if you (?:are|were) )?an? (?:\w+ )?(?:ai|assistant|language model|chatbot)\b"
        r"|\bas an ai (?:language )?(?:model|assistant),? you\b|\byou are (?:an?|the) (?:[\w-]+ ){0,2}(?:assistant"
        r"|chatbot|language model|ai) (?:of|for|that|who|which|and)\b",
    ),
    (
        _ROLE,
        "^act speak answer reply respond pretend",
        rf"(?:act|speak|answer|reply|respond) as [^.!?\n]{{1,30}}\band (?:always |only )?{_SAY}\b|pretend (?:that"
        r"|to be|you are)\b",
    ),
    (
        _ROLE,
        "is to say, is to state, is to answer, is to reply, is to repeat, is to respond, is to praise, is to "
        "recommend, is to claim, is now to",
        r"\byour (?:(?:new|only|real|sole|main) )*(?:task|job|role|purpose|goal) is (?:now )?to (?:say|state|answer"
        r"|reply|repeat|respond|praise|recommend|claim)\b",
    ),
    (
        _PROMPT,
        "system prompt*, system message*, system instructions, hidden prompt*, hidden message*, hidden instructions, "
        "initial prompt*, initial message*, initial instructions",
        r"\b(?:your|the) (?:system|hidden|initial) (?:prompt|message|instructions)\b[^.!?\n]{0,60}\b(?:is|are|says?"
        r"|reveal|print|repeat)\b|\b(?:reveal|print|repeat|output|show|leak)\b[^.!?\n]{0,30}\b(?:system|hidden"
        r"|initial) (?:prompt|message|instructions)\b",
    ),
    (
        _PROMPT,
        "new instruction*, new task, new system, updated, revised, system override*, system instruction*, system "
        "notice*, important override*, important instruction*, important notice*",
        r"\b(?:new|updated|revised) (?:system )?(?:instructions?|task)\s?:|\b(?:system|important) (?:override"
        r"|instruction|notice to (?:ai|llm))s?\s?:",
    ),
    (
        _PROMPT,
        "message :, note :, notice :, prompt :, instruction :, instructions :, override :, directive :, command :; "
        "system, developer, admin, administrator, assistant, ai, llm, model, chatbot",
        rf"(?:{_LINE}|[.!?]\s+)(?:system|developer|admin(?:istrator)?|assistant|ai|llm|model|chatbot) (?:message|note"
        r"|notice|prompt|instructions?|override|directive|command)\s?:",
    ),
    (
        _PROMPT,
        "keep this, keep these, treat this, treat these; secret, confidential, hidden",
        r"\b(?:keep|treat) (?:this|these) (?:instructions?|note|message|prompt)s? (?:secret|confidential|hidden)\b",
    ),
    (
        _SPEAKS,
        f"attention*, note*, message*, instruction*, notice*, reminder*, request*, hint*; {_MODELS}, model*",
        r"\b(?:attention|note|message|instructions?|notice|reminder|request|hint)s? (?:to|for) (?:the |all |any "
        rf"|every )*(?:models?\b|{_MODEL})(?: (?:assistants?|models?))?(?:(?:,| and"
        rf"| or) (?:other )?{_MODEL})*\s?(?:[:,–—-]|that read|reading)",
    ),
    (
        _SPEAKS,
        f"^dear attention hello hi hey ok for; {_MODELS}",
        rf"(?:dear|attention),? (?:all )?{_MODEL}\s?[,:!.]|(?:hello|hi|hey"
        rf"|ok),? {_MODEL}\s?[,:!.]\s*(?:please )?(?:{_SAY}|tell|summari[sz]e|cite|ignore)\b|for (?:the |all "
        rf"|any )?{_MODEL}\s?:",
    ),
    (
        _SPEAKS,
        f"is for, is only, is meant, is intended; {_MODELS}",
        rf"\b(?:this|it)(?: {_TEXT})? is (?:only |meant |intended )*for (?:the |all |any )?{_MODEL}\s?(?:[.:,;!]"
        r"|that (?:read|answer))",
    ),
    (
        _SPEAKS,
        f"if you are, if you re, are you a, are you an; {_MODELS}",
        r"\bif you(?: are|'re) (?:an?|the) (?:ai|llm|language model|chatbot|(?:ai |virtual )?assistant)\b"
        r"|\bare you an? (?:ai|llm|language model|chatbot|assistant)\b[^.!?\n]{0,20}\?\s*(?:then|if so)\b",
    ),
    (
        _SPEAKS,
        f"read this, reads this, *ing this, *es this, process this; {_MODELS}",
        r"\b(?:ai|llms?|language models?|chat ?bots?|chatgpt)\b[^.!?\n]{0,40}\b(?:read(?:ing|s)?|process(?:ing|es)?"
        r"|summari[sz](?:ing|es)|pars(?:ing|es)"
        rf"|index(?:ing|es)|see(?:s|ing)) (?:this (?:{_TEXT}\b|must\b|should\b|,|:)|this\s*[.,:])|\b(?:to"
        rf"|for) (?:the |any |all )?{_MODEL} (?:that |which )?(?:reads?|reading|process(?:es|ing)) this\b",
    ),
    (
        _ANSWERS,
        "^just simply only always instead rather repeat copy quote say state claim declare write answer reply respond "
        "output print conclude assert",
        rf"(?:(?:just|simply|only|always) )*{_SAY}(?: only| instead| exactly)? {_TOLD}|(?:(?:just|simply|only"
        rf"|always) )+{_SAY}\s?[:\"“‘]|(?:instead of|rather than) answering\b[^.!?\n]{{0,30}}, {_SAY} {_TOLD}"
        rf"|(?:(?:just|simply|only|always) )*(?:{_SAY}|repeat|copy|quote) (?:the |this )(?:following "
        r"|exact )?(?:words?"
        r"|text|phrase|sentence|statement|line)s?\b[^.!?\n]{0,20}(?:[:\"“‘]|\bthat\b)"
        rf"|{_SAY} that you (?:cannot|can'?t|could not|do not|don'?t) (?:answer|know|find)\b",
    ),
    (
        _ANSWERS,
        "respond, reply, answer; with, that",
        r"(?:^|[.!?:;]\s+|\b(?:and|instead|must|should|please|to)\s+)(?:respond|reply|answer)(?: only| instead"
        r"| exactly)? (?:with|that)(?: only| exactly)?(?: the)?(?: (?:word|words|text|phrase|sentence|statement"
        r"|following|exact)\b|\s?[:\"“‘'])",
    ),
    (
        _ANSWERS,
        f"if, when, whenever, whatever; ask*, answering, summari*, quoting; {_SAYS}, tell, mention, cite, recommend, "
        "include",
        r"\b(?:whatever|when|if) (?:the user|you are|you're) (?:asks?|asked)\b[^.!?\n]{0,60}\b(?:say|answer|reply"
        r"|respond|tell)\b|\b(?:if|when|whenever)\b[^.!?,\n]{0,30}\b(?:ask(?:s|ed)|answering|summari[sz]ing"
        r"|summari[sz]e|quoting)\b[^.!?,\n]"
        rf"{{0,60}}, (?:(?:please|always|only|just|simply|then) )*(?:{_SAY} {_TOLD}|(?:mention|cite|recommend"
        r"|include) (?:that|this|the|source)\b|tell (?:them|the))",
    ),
    (
        _ANSWERS,
        "must, should, shall, reading this; ai*, llm*, language model*, assistant*, chat*, model*; say, answer, "
        "reply, respond, output, include, cite, state, ignore",
        r"\b(?:ai|llm|language model|assistant|chatbot|model|chatgpt)s? (?:must|should|shall"
        r"|reading this)\b[^.!?\n]{0,40}\b(?:say|answer|reply|respond|output|include|cite|state"
        r"|ignore)\b[^.!?\n]{0,40}(?:[:\"“‘]|\bthat\b|\bthis\b)",
    ),
    (
        _ANSWERS,
        "we ask, we request, we urge, we instruct, we kindly, we politely, are kindly, are politely, are hereby, are "
        f"please, are asked to, are requested to; {_MODELS}",
        r"\bwe (?:kindly |politely )?(?:ask|request|urge|instruct) (?:(?:all|any|every"
        rf"|the) )*{_MODEL}[^.!?\n]{{0,40}}\bto (?:{_SAY} {_TOLD}|(?:cite|mention|recommend) (?:this|that|only"
        rf"|the)\b)|\b{_MODEL} are (?:(?:kindly|politely|hereby|please) (?:asked|requested|instructed|told) to"
        rf"|(?:asked|requested) to {_SAY} {_TOLD})",
    ),
    (
        _ANSWERS,
        "you must, you shall, you are, you should, you will, you have to, you need to; answer, reply, respond, state, "
        "output, repeat, say, claim, write",
        r"\byou (?:must|shall|are (?:required |asked |told )?to|should|will|have to|need to) (?:(?:always|only|now"
        rf"|simply) )*(?:answer|reply|respond|state|output|repeat) {_TOLD}|\byou (?:must|shall|are (?:required "
        rf"|asked |told )?to|will only) (?:(?:always|only|now|simply) )*(?:say|claim|write) {_TOLD}",
    ),
    (
        _ANSWERS,
        "from now on, user wants, user has asked, user asked, user asks, user would like, user expects, question has "
        "changed, question was a test, question is a test",
        r"\bfrom now on,? (?:you (?:(?:must|will|should|only|always|are to) )*(?:say|answer|reply|respond|write"
        r"|output|speak)\b|(?:only |always )?(?:respond|reply|answer) (?:in|with|only|as)\b)|\b(?:the )?user (?:wants"
        r"|has asked|asked|asks|would like|expects) (?:you to|to (?:hear|be told))\b|\bthe question (?:has changed"
        r"|was a test|is a test)\s?[:;]",
    ),
    (
        _ANSWERS,
        "^tell inform assure remind convince",
        r"(?:tell|inform|assure|remind|convince) (?:the )?(?:user|questioner|asker|(?:reader|people|everyone|anyone"
        r"|whoever)(?: who)? asks?)\b",
    ),
    (
        _ANSWERS,
        "mention, reveal, disclose, cite, tell, repeat, show; do not, don t, dont, never; instruction*, this note, "
        "this message, this prompt, the user, source*, your instructions, read this",
        r"\b(?:do not|don'?t|never) (?:mention|reveal|disclose|cite|tell|repeat"
        r"|show)\b[^.!?\n]{0,40}\b(?:these instructions|this (?:instruction|note|message|prompt)|the user"
        r"|other sources|the sources?|your instructions|(?:have )?read this)\b",
    ),
    (
        _ANSWERS,
        "^begin start end finish open close preface; your",
        rf"(?:begin|start|end|finish|open|close|preface) your {_ANSWER}\b",
    ),
    (
        _ANSWERS,
        "your; answer, response, reply, output, summary; must, should, shall, has, needs, is",
        r"\byour (?:\w+ )?(?:answer|response|reply|output|summary) (?:(?:must|should|shall|has to|needs to"
        r"|is to) (?:be that|only|state|say|read|consist of|begin|start|end|(?:contain|include|mention) (?:that|this"
        r"|the (?:words?|sentence|link|following|text|phrase)|[\"“‘]))|is that)\b",
    ),
    (
        _ANSWERS,
        "answer, answers, response, responses, reply, replies, output, outputs, summary, summaries; in your, to your, "
        "of your, as your, in every, to every, of every, as every, in each, to each, of each, as each",
        rf"\b(?:in|to|at the end of) your {_ANSWER}\b[^.!?\n]{{0,60}}\b(?:include|add|append|say|write|link)\b"
        r"|\b(?:include|add|append|insert|say|state|write|mention|recommend|praise|repeat|copy|show"
        r"|render)\b[^!?\n]{0,60}"
        rf"\b(?:in|to|at the end of|as) (?:your|every|each) {_ANSWER}\b",
    ),
    (
        _ANSWERS,
        "answer to, to every, to all, to any, to each, only correct, only valid, only allowed, only permitted, only "
        "acceptable, one rule for whoever; question*, answer, reply, response, whoever",
        r"\b(?:correct|only|right|true) answer to (?:every|all|any|whatever|the user'?s) questions?\b"
        r"|\banswer to the user'?s question (?:is|must)\b|\bonly (?:correct|valid|allowed|permitted"
        r"|acceptable) (?:answer|reply|response) is\s?[:\"“‘]|\b(?:reply|respond"
        r"|answer) (?:with )?[\"“‘]?(?:no answer|yes|no)[\"”’]? to (?:every|all|any|each) questions?\b"
        r"|\bone rule for whoever answers\b",
    ),
    (
        _LEAK,
        "![",
        r"!\[[^\[\]\n]{0,200}\]\(\s*(?:https?:)?//[^()\s]{1,500}\?[^()\s]{1,500}\)",
    ),
    (
        _LEAK,
        "*http*, url, link, web address, image; append, add, include, insert, put, encode, attach, embed, send, "
        "forward, post, copy, show, render, display, load, http*; question, query, prompt, conversation, chat, image, "
        "and follow the instructions",
        r"\b(?:append|add|include|insert|put|encode|attach|embed|send|forward|post"
        r"|copy)\b[^.!?\n]{0,30}\b(?:the (?:user'?s )?(?:question|query|prompt|conversation|chat)|(?:user"
        r"|this)'?s? (?:question|query|prompt|conversation)) [^!?\n]{0,30}(?:https?://|\burl\b|\blink\b"
        r"|\bweb address\b|\bimage\b)|\b(?:show|render|display"
        r"|load)\b[^.!?\n]{0,20}\bimage\b[^!?\n]{0,30}\b(?:to the user|in your)\b"
        r"|\bhttps?://\S{1,200} and follow the instructions\b",
    ),
    (
        _LEAK,
        "followed by the, append the; question, query, prompt",
        r"\b(?:followed by|append) the (?:user'?s )?(?:question|query|prompt)\b",
    ),
    (
        _TAG,
        "<",
        r"<(?:[|｜][^|｜<>\n]{1,40}[|｜]>|</?SYS>>|/?(?:system|assistant|tool_call|start_of_turn|end_of_turn|think"
        r"|instructions?|prompt)>|!--[^>\n]{0,20}\b(?:ai|llm|assistant|model|chatbot)\b)",
    ),
    (
        _TAG,
        "inst, ##, role :, system :, assistant :, *[ system, *[ assistant, *[ developer, *( system, *( assistant, *( "
        "developer",
        r"\[/?INST\]|#{2,6}\s*(?:system|instructions?|response|assistant|human)(?:\s(?:prompt|message))?\s*:"
        rf"|{_LINE}(?:system|assistant)\s?:|(?:{_LINE}|[.!?]\s+)[\[(](?:system|assistant|developer)(?: message| note"
        r"| prompt)?[\])]"
        r"|\b(?:human|user)\s?:[^\n]{1,300}\bassistant\s?:|[\"']role[\"']\s?:\s?[\"'](?:system|developer)[\"']",
    ),
    (
        _DELIMITER,
        "<, ---",
        r"<<\s?/?\s?(?:source|end|sources|passage|context|document)\b[^<>\n]{0,60}>>|---\s?(?:begin"
        r"|end) of (?:sources?|context|documents?|prompt|articles?|input)\b|</?(?:sources?|context|documents?"
        r"|passages?|articles?)>",
    ),
)
"""Reasons in order, what a match needs, and the pattern, which is for any case.

What it needs: groups parted by ";" of alternatives parted by ","; the words and signs of the text hold one of each
group. `word*` begins a word, `*word*` is a part of one; others are whole words, or several in a row. A first group with
"^" lists the words that a command begins with: its pattern is tried only where a command may begin.
"""
