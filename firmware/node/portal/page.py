"""The page as HTML, for a screen 360 px wide. Pure: takes what is known and returns text. Everything that comes from outside is escaped.

No script is needed: a phone's sign-in window may have none.
"""

from node.portal.words import LANGUAGES
from node.store.networks import spoken

_HEAD = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
{refresh}<title>{title}</title><style>
*{{box-sizing:border-box}}body{{font:17px/1.4 sans-serif;margin:0 auto;max-width:480px;padding:12px;color:#1b1b1b;background:#f4f4f2}}
h1{{font-size:22px;margin:4px 0 12px}}h2{{font-size:18px;margin:0 0 8px}}form,.box{{background:#fff;border-radius:10px;padding:14px;margin:0 0 12px}}
label{{display:block;margin:6px 0}}.net{{display:flex;align-items:center;gap:8px;padding:9px 2px;border-bottom:1px solid #e4e4e0;overflow-wrap:anywhere}}
.net small{{margin-left:auto;white-space:nowrap;color:#555}}input[type=radio]{{width:22px;height:22px;flex:none}}
input[type=text],input[type=password],input[type=range]{{width:100%;font-size:18px;padding:10px;border:1px solid #888;border-radius:8px}}
input[type=range]{{padding:0;height:34px}}button{{width:100%;font-size:18px;padding:13px;margin-top:10px;border:0;border-radius:8px;background:#0b5d3b;color:#fff}}
button.quiet{{background:#e2e6e2;color:#1b1b1b}}
.bad{{background:#fde8e6;border-left:5px solid #b3261e}}.good{{background:#e3f3e6;border-left:5px solid #0b5d3b}}
.top{{display:flex;justify-content:space-between;align-items:center}}.top a{{color:#0b5d3b}}
</style></head><body><div class="top"><span>{node}</span><a href="/?l={other_lang}">{other}</a></div><h1>{title}</h1>
"""
_TAIL = "</body></html>"
_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;"))


def escape(text):
    """Text that is text in HTML and in an attribute."""
    for sign, code in _ESCAPES:
        text = text.replace(sign, code)
    return text


def shown(ssid):
    """An SSID for people: what is no UTF-8 by its bytes, control characters as blanks."""
    text = spoken(ssid)
    if not isinstance(text, str):
        return "0x" + ssid.hex()
    return "".join(sign if ord(sign) >= 32 and ord(sign) != 127 else " " for sign in text)


class Page:
    """Pages of one node in one language. `lang`: any text; Vietnamese unless it is known."""

    def __init__(self, node, lang):
        self._node = node
        self._lang = lang if lang in LANGUAGES else "vi"
        self.words = LANGUAGES[self._lang]

    def code(self, problem=""):
        """Asks for the set-up code."""
        return self._whole(
            self._told(problem, "bad")
            + self._form(
                "/",
                '<label>{}<input type="text" name="code" inputmode="numeric" autocomplete="off" maxlength="16" required autofocus></label>'.format(
                    self.words["code"]
                )
                + self._button("enter"),
            )
        )

    def main(self, token, networks, problem="", good="", volume=50):
        """Networks to choose from, and the sound test. `networks`: as `Radio.found`; `problem`, `good`: what to say above."""
        words = self.words
        choices = "".join(self._network(ssid, signal, secured) for ssid, signal, secured in networks) or "<p>{}</p>".format(words["none"])
        join = (
            "<h2>{}</h2>{}".format(words["network"], choices)
            + '<label>{}<input type="text" name="typed" maxlength="32" autocomplete="off" autocapitalize="off"></label>'.format(
                words["typed"]
            )
            + '<label>{}<input type="password" name="password" maxlength="64" autocomplete="off" id="p"></label>'.format(words["password"])
            + "<label><input type=\"checkbox\" onclick=\"p.type=this.checked?'text':'password'\"> {}</label>".format(words["show"])
            + self._button("join", "do", "join")
            + self._button("again", "do", "scan", quiet=True)
        )
        sound = (
            "<h2>{}</h2>".format(words["sound"])
            + '<label>{}<input type="range" name="volume" min="0" max="100" value="{}"></label>'.format(words["volume"], volume)
            + self._button("play", "do", "sound")
        )
        return self._whole(
            self._told(problem, "bad")
            + self._told(good, "good")
            + self._form("/do", join, token)
            + self._form("/do", sound, token)
            + self._form("/do", self._button("leave", "do", "leave", quiet=True), token)
        )

    def trying(self, token, ssid):
        """A try is under way; the page asks again by itself."""
        words = self.words
        text = "<h2>{} {}</h2><p>{}</p>".format(words["trying"], escape(shown(ssid)), words["wait"])
        return self._whole(
            '<div class="box">{}</div>'.format(text),
            '<meta http-equiv="refresh" content="2;url=/wait?l={}&t={}">'.format(self._lang, token),
        )

    def done(self, ssid):
        """It worked."""
        words = self.words
        return self._whole(
            '<div class="box good"><h2>{}: {}</h2><p>{}</p></div>'.format(words["done"], escape(shown(ssid)), words["done_more"])
        )

    def told(self, text, kind="bad"):
        """One sentence."""
        return self._whole(self._told(text, kind))

    def _network(self, ssid, signal, secured):
        bars = 4 if signal > -55 else 3 if signal > -67 else 2 if signal > -78 else 1
        return '<label class="net"><input type="radio" name="ssid" value="{}"><span>{}</span><small>{} {}</small></label>'.format(
            ssid.hex(), escape(shown(ssid)), "▂▄▆█"[:bars], self.words["secured" if secured else "unsecured"]
        )

    def _form(self, action, content, token=""):
        hidden = '<input type="hidden" name="l" value="{}">'.format(self._lang)
        if token:
            hidden += '<input type="hidden" name="t" value="{}">'.format(token)
        return '<form method="post" action="{}">{}{}</form>'.format(action, hidden, content)

    def _button(self, word, name="", value="", quiet=False):
        what = ' name="{}" value="{}"'.format(name, value) if name else ""
        return "<button{}{}>{}</button>".format(' class="quiet"' if quiet else "", what, self.words[word])

    def _told(self, text, kind):
        return '<div class="box {}">{}</div>'.format(kind, text) if text else ""

    def _whole(self, body, refresh=""):
        other = "en" if self._lang == "vi" else "vi"
        words = self.words
        head = _HEAD.format(
            lang=self._lang, refresh=refresh, title=words["title"], node=escape(self._node), other_lang=other, other=words["other"]
        )
        return head + body + _TAIL
