"""Mail that readers disagree about, and odd mail that they all read alike. `{R}` stands for the record's text."""

from __future__ import annotations

import base64
import quopri

HEAD = "From: office@oak.example\nTo: parent@family.test\nSubject: Report\n"
RECORD = "Zara Quill was born on 1 February 2014 and has asthma."


def b64(text: str) -> str:
    return base64.encodebytes(text.encode()).decode()


def qp(text: str) -> str:
    return quopri.encodestring(text.encode()).decode().replace(" ", "=20")


def multipart(*parts: str, boundary: str = "b", kind: str = "mixed", end: str = "--b--\n") -> str:
    body = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f"{HEAD}MIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary={boundary}\n\n{body}{end}"


TEXT = "Content-Type: text/plain\n\n"
CLEAN = TEXT + "Nothing to see."

# Readers show different things: everything is read, and the message is ambiguous.
AMBIGUOUS: dict[str, str] = {
    "two boundaries in two Content-Type fields": HEAD
    + "Content-Type: multipart/mixed; boundary=a\nContent-Type: multipart/mixed; boundary=b\n\n"
    + f"--a\n{CLEAN}\n--b\n{TEXT}{RECORD}\n--b--\n--a--\n",
    "two boundary parameters": HEAD
    + 'Content-Type: multipart/mixed; boundary="a"; boundary="b"\n\n'
    + f"--a\n{CLEAN}\n--a--\n\n--b\n{TEXT}{RECORD}\n--b--\n",
    "boundary plain and in pieces": HEAD
    + "Content-Type: multipart/mixed; boundary=a; boundary*0=b; boundary*1=c\n\n"
    + f"--a\n{CLEAN}\n--a--\n--bc\n{TEXT}{RECORD}\n--bc--\n",
    "two transfer encodings": HEAD
    + "Content-Type: text/plain\nContent-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\n"
    + b64(RECORD),
    "two transfer encodings the other way": HEAD
    + "Content-Type: text/plain\nContent-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n\n"
    + b64(RECORD),
    "text and multipart at once": HEAD
    + "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b\n\n"
    + f"--b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{b64(RECORD)}--b--\n",
    "parts behind the end": multipart(CLEAN) + f"--b\n{TEXT}{RECORD}\n--b--\n",
    "a boundary that only begins with the boundary": multipart(
        CLEAN + f"\n--bxyz\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{b64(RECORD)}"
    ),
    "text on the boundary's own line": HEAD
    + f"Content-Type: multipart/mixed; boundary=b\n\n--b {RECORD}\n--b x\n\ny\n",
    "boundary not the one named": HEAD
    + "Content-Type: multipart/mixed; boundary=nowhere\n\n"
    + f"--b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{b64(RECORD)}\n--b--\n",
    "multipart without boundary": HEAD
    + "Content-Type: multipart/mixed\n\n"
    + f"--b\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{b64(RECORD)}\n--b--\n",
    "header ended by a line that is no field": HEAD
    + "Content-Type: text/plain\nthis is no field\nContent-Transfer-Encoding: base64\n\n"
    + b64(RECORD),
    "header ended by a line of blanks": HEAD
    + "Content-Type: text/plain\n \nContent-Transfer-Encoding: base64\n\n"
    + b64(RECORD),
    "a boundary in an encoded word": HEAD
    + 'Content-Type: multipart/mixed; boundary="=?us-ascii?Q?b?="\n\n'
    + f"--=?us-ascii?Q?b?=\n{CLEAN}\n--=?us-ascii?Q?b?=--\n\n--b\n{TEXT}{RECORD}\n--b--\n",
    "a bare carriage return in a field": HEAD
    + "Content-Type: text/plain\nX: y\rContent-Transfer-Encoding: base64\n\n"
    + b64(RECORD),
    "an encoded multipart": HEAD
    + "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n"
    + b64(f"--b\nContent-Type: text/plain\n\n{RECORD}\n--b--\n"),
}

# Odd, but every reader shows the same or only one reading shows anything: no doubt, no hold.
BENIGN: dict[str, str] = {
    "no MIME at all": f"{HEAD}\n{RECORD}\n",
    "no MIME-Version": HEAD + f"Content-Type: text/plain\n\n{RECORD}\n",
    "folded transfer encoding": HEAD
    + "Content-Type: text/plain\nContent-Transfer-Encoding:\n base64\n\n"
    + b64(RECORD),
    "transfer encoding with a comment": HEAD
    + "Content-Type: text/plain\nContent-Transfer-Encoding: (really) base64 (yes)\n\n"
    + b64(RECORD),
    "transfer encoding in capitals": HEAD + "Content-Transfer-Encoding: BASE64\n\n" + b64(RECORD),
    "the same fields twice": HEAD
    + "Content-Type: text/plain; charset=utf-8\nContent-Type: text/plain; charset=utf-8\n"
    + "Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: base64\n\n"
    + b64(RECORD),
    "two types of the same text": HEAD
    + f"Content-Type: text/plain; charset=us-ascii\nContent-Type: text/plain; charset=utf-8\n\n{RECORD}\n",
    "the usual preamble": multipart(TEXT + RECORD).replace(
        "\n\n--b", "\n\nThis is a multi-part message in MIME format.\n--b", 1
    ),
    "an unfinished multipart": multipart(TEXT + RECORD, end=""),
    "an unfinished multipart in a multipart": multipart(
        f"Content-Type: multipart/alternative; boundary=in\n\n--in\n{TEXT}{RECORD}", CLEAN
    ),
    "boundaries of a family": HEAD
    + 'Content-Type: multipart/mixed; boundary="=_x"\n\n--=_x\n'
    + f'Content-Type: multipart/alternative; boundary="=_x.1"\n\n--=_x.1\n{TEXT}{RECORD}\n--=_x.1--\n--=_x--\n',
    "blanks behind the boundary": multipart(TEXT + RECORD).replace("--b\n", "--b  \n"),
    "a part without fields": multipart("\n" + RECORD),
    "a part without fields or empty line": multipart(RECORD),
    "quoted-printable, soft line ends": HEAD + "Content-Transfer-Encoding: quoted-printable\n\n" + qp(RECORD),
    "quoted-printable, small letters and broken codes": HEAD
    + "Content-Transfer-Encoding: quoted-printable\n\n100= or =ZZ\n"
    + qp(RECORD).lower().replace("zara quill", "Zara Quill").replace("february", "February"),
    "base64 on one line": HEAD + "Content-Transfer-Encoding: base64\n\n" + b64(RECORD).replace("\n", "") + "\n",
    "base64 without padding": HEAD + "Content-Transfer-Encoding: base64\n\n" + b64(RECORD).replace("=", ""),
    "base64 padded line by line": HEAD
    + "Content-Transfer-Encoding: base64\n\n"
    + "".join(b64(RECORD[i : i + 10]) for i in range(0, len(RECORD), 10)),
    "base64 with a footer below": HEAD
    + "Content-Transfer-Encoding: base64\n\n"
    + b64(RECORD)
    + "--\nThis message was scanned by a virus scanner, and no threat was found in it.\n",
    "base64 that is no base64": HEAD + f"Content-Transfer-Encoding: base64\n\n{RECORD}\n",
    "an unknown transfer encoding": HEAD + f"Content-Transfer-Encoding: none\n\n{RECORD}\n",
    "7-bit spelt so": HEAD + f"Content-Transfer-Encoding: 7-bit\n\n{RECORD}\n",
    "blanks before the colons": HEAD.replace(":", " :") + f"Content-Type : text/plain\n\n{RECORD}\n",
    "a type that is no type": HEAD + f"Content-Type: text\n\n{RECORD}\n",
    "semicolons too many": HEAD + f"Content-Type: text/plain;; charset=utf-8;\n\n{RECORD}\n",
    "no semicolon": HEAD + f"Content-Type: text/plain charset=utf-8\n\n{RECORD}\n",
    "an unknown charset": HEAD + f"Content-Type: text/plain; charset=x-unknown\n\n{RECORD}\n",
    "a charset that is no charset": HEAD + f"Content-Type: text/plain; charset=unicode_escape\n\n{RECORD}\n",
    "a file's separator line above": "From office@oak.example Sun Nov 22 10:00:00 2026\n" + f"{HEAD}\n{RECORD}\n",
    "two Subject fields": f"{HEAD}Subject: Another\n\n{RECORD}\n",
    "the wrong type": HEAD + f"Content-Type: image/png\n\n{RECORD}\n",
    "bytes for text": HEAD + f"Content-Type: application/octet-stream\n\n{RECORD}\n",
    "a digest": HEAD + f"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: in\n\n{RECORD}\n--b--\n",
    "alternatives that differ": multipart(CLEAN, "Content-Type: text/html\n\n<p>" + RECORD, kind="alternative"),
    "text in the preamble": multipart(CLEAN).replace("\n\n--b", f"\n\n{RECORD}\n--b", 1),
    "text in the epilogue": multipart(CLEAN) + RECORD + "\n",
    "an attached message in base64": multipart(
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + b64(f"{HEAD}\n{RECORD}\n")
    ),
    "HTML split by tags": HEAD + "Content-Type: text/html\n\n<p>" + RECORD.replace("Quill", "Qu<b></b>ill") + "</p>",
}
