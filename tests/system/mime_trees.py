"""Messages as nobody would write them, but as somebody may send them: trees of MIME entities of every kind, depth and fault,
from a seed. Line ends are LF, as in the queue."""

import base64
import quopri
import random

TEXTS = ["Guten Tag, Grüße aus Köln", "naïve café, 50 €", "привет, мир", "日本語のテキスト", "plain words = of ASCII", "x" * 60,
         "From the beginning", ".", "..", "--", "-- ", "--b", "- -", "trailing blank ", "trailing tab\t", "", "=20", "a=b=c", "\x1b[1mbold\x07",
         "=?utf-8?q?no?=", "a: b", " begins with a blank"]
CHARSETS = [("utf-8", "utf-8"), ("iso-8859-1", "latin-1"), ("iso-8859-15", "iso-8859-15"), ("windows-1252", "cp1252"),
            ("koi8-r", "koi8-r"), ("shift_jis", "shift_jis"), ("iso-2022-jp", "iso-2022-jp"), ("us-ascii", "ascii")]
LENGTHS = [997, 998, 999, 1000, 5000]
IDENTITIES = [None, None, "7bit", "8bit", "binary", "8BIT", "utf-8", "none"]
TOKEN = "abcXYZ019'_+-./=?"
QUOTED = TOKEN + " ()<>@,;:[]"


class Tree:
    """One message and what it is made of."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.boundaries = 0
        self.closed = []  # contents that nobody may change
        self.text = self.message(0)

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def content(self, charset):
        """Some lines in a charset, of which few are short, plain or whole."""
        lines = []
        for _ in range(self.random.choice([0, 1, 1, 2, 5, 30])):
            line = self.random.choice(TEXTS)
            if self.chance(8):
                line = (line or "y") * 5000
                line = line[:self.random.choice(LENGTHS)]
            if self.chance(5):
                line = " " * self.random.choice([3, 100, 1200])
            lines.append(line.encode(charset, "replace"))
        if charset == "utf-8" and self.chance(8):
            lines.append(bytes(self.random.randrange(128, 256) for _ in range(self.random.randrange(1, 80))))
        if charset == "utf-8" and self.chance(3):
            lines.append(bytes(one for one in self.random.randbytes(3000) if one not in b"\n\r\0"))
        return b"\n".join(lines) + (b"\n" if self.chance(70) else b"")

    def encoded(self, content):
        """(Content-Transfer-Encoding, content), as it should be or nearly so."""
        kind = self.random.choice(["base64", "quoted-printable"])
        wire = content.replace(b"\n", b"\r\n")
        if kind == "base64":
            code = base64.encodebytes(wire) if self.chance(60) else base64.b64encode(wire) + b"\n"
            if self.chance(10):
                code = code[:-1] + "ü\n".encode()
            if self.chance(5):
                code += b"____\nlist footer\n"
            return "Base64" if self.chance(20) else kind, code
        code = quopri.encodestring(content)
        if self.chance(15):
            code = code.replace(b"=\n", b"")
        if self.chance(15):
            code = code.replace(b"=C3=BC", "ü".encode()).replace(b"=20\n", b" \n")
        if self.chance(5):
            code = code.replace(b"=3D", b"=")
        return kind, code

    def leaf(self):
        name, charset = self.random.choice(CHARSETS)
        fields = []
        shape = self.random.randrange(10)
        if shape < 5:
            fields.append(f"Content-Type: text/{self.random.choice(['plain', 'html', 'calendar'])}; charset={name}")
        elif shape < 7:
            fields.append(f"Content-Type: {self.random.choice(['application/octet-stream', 'image/png', 'text/plain'])}")
        elif shape < 8:
            fields.append('Content-type: text/plain;\n\tcharset="utf-8"; format=flowed (a comment; it is)')
        else:
            charset = "utf-8"
        content = self.content(charset)
        if self.chance(25):
            encoding, content = self.encoded(content)
        else:
            encoding = self.random.choice(IDENTITIES)
        if encoding:
            fields.append(f"Content-Transfer-Encoding: {encoding}")
        if self.chance(15):
            fields.append('Content-Disposition: attachment; filename="Rechnung.pdf"')
        return fields, content

    def boundary(self):
        """(as in the field, as in the text): some are a part of others."""
        self.boundaries += 1
        alphabet = self.random.choice([TOKEN, QUOTED, "b"])
        text = "".join(self.random.choice(alphabet) for _ in range(self.random.randrange(0, 30)))
        text = (f"{text}{self.boundaries}" if self.chance(50) else f"{self.boundaries}{text}").strip() + "q" * (alphabet != "b")
        text = text[:70]
        field = f'"{text}"' if alphabet == QUOTED or self.chance(50) else text
        return field, text

    def multipart(self, depth, subtype=None):
        subtype = subtype or self.random.choice(["mixed", "alternative", "related", "digest", "parallel", "report; report-type=x"])
        field, text = self.boundary()
        fields = [f"Content-Type: multipart/{subtype}; boundary={field}"]
        encoding = self.random.choice([None, None, None, "7bit", "8bit", "binary"])
        if encoding:
            fields.append(f"Content-Transfer-Encoding: {encoding}")
        mark = b"--" + text.encode()
        out = b""
        if self.chance(30):
            out += self.random.choice([b"This is MIME.\n", "Prämbel\n".encode(), b"p" * 1500 + b"\n", b"\n", b"-- \n"])
        for number in range(self.random.choice([0, 1, 1, 2, 3, 4])):
            blanks = self.random.choice([b"", b"", b" ", b"\t "])
            part = self.entity(depth + 1, in_digest=subtype == "digest")
            out += (b"\n" if number else b"") + mark + blanks + b"\n" + part
        if self.chance(85):
            out += b"\n" + mark + b"--" + (b"\n" if self.chance(90) else b"")
            if self.chance(15):
                out += self.random.choice([b"\n", b"epilogue\n", "Epilog: Grüße\n".encode(), mark + b"\nno part\n"])
        return fields, out

    def signed(self, depth):
        fields, content = self.multipart(depth, "signed; micalg=pgp-sha256; protocol=\"application/pgp-signature\"")
        self.closed.append(content)
        return fields, content

    def entity(self, depth, in_digest=False):
        if in_digest and self.chance(80):
            return b"\n" + self.message(depth + 1)
        kind = self.random.randrange(10)
        if depth < 6 and kind < 3:
            fields, content = self.multipart(depth)
        elif depth < 6 and kind == 3 and self.chance(50):
            fields, content = self.signed(depth)
        elif depth < 6 and kind == 4:
            fields = ["Content-Type: message/rfc822"]
            if self.chance(30):
                fields.append(f"Content-Transfer-Encoding: {self.random.choice(['7bit', '8bit'])}")
            content = self.message(depth + 1)
        else:
            fields, content = self.leaf()
            if in_digest and not any(field.lower().startswith("content-type") for field in fields):
                fields.append("Content-Type: text/plain; charset=utf-8")
        self.random.shuffle(fields)
        header = "".join(field + "\n" for field in fields).encode()
        return header + b"\n" + content

    def message(self, depth):
        fields = ["From: a@example.com", "To: b@example.com"] if self.chance(90) else []
        if self.chance(80):
            fields.append("MIME-Version: 1.0")
        if self.chance(30):
            fields.append("Subject: Grüße")
        body = self.entity(depth)
        return "".join(field + "\n" for field in fields).encode() + body
