"""E-mail addresses that are well formed, and some that are not: intake and templates have one rule."""

from __future__ import annotations

WELL_FORMED = (
    "john@shop.example",
    "o'brien+news@mail.shop-24.example",
    "x" * 64 + "@" + "x" * 63 + ".example",
    "J.R.R@xn--caf-dma.example",
    "1@2.de",
    "a@1.2.3.4a",
    "a@b--c.example",
    "jöhn@shop.example",
    "zoe@bücher.example",
    "用户@例子.广告",
    "अजय@डाटा.भारत",
    "квіточка@пошта.укр",
    "Dörte@Sörensen.example",
    "مثال@موقع.عرب",
    "θσερ@εχαμπλε.ψομ",
    "user@sub-domain.한국",
    "👍@shop.example",
    "e\u0301@shop.example",
    "می\u200cخواهم@shop.example",
    "é" * 32 + "@shop.example",
    "a@" + "é" * 31 + ".example",
    "a@" + ".".join(["x" * 49] * 5) + ".de",  # 254 bytes
)
BADLY_FORMED = (
    *("", "john", "john@shop", "@shop.example", "john@", "a@b@c.example", "john@shop..example", "jo hn@shop.example"),
    *(".john@shop.example", "john.@shop.example", "jo..hn@shop.example", "john@-shop.example", "john@shop-.example"),
    *("john@shop.example.", "john@shop.example\n", "john@sh_op.example", "john(at)shop.example", '"john"@shop.example'),
    *("john@[1.2.3.4]", "a@1.2.3.4", "john@shop.123", "a@é.1", "x" * 65 + "@shop.example", "john@.example"),
    *("john@" + "x" * 64 + ".example", "é" * 33 + "@shop.example", "a@" + "é" * 32 + ".example"),
    "a@" + ".".join(["x" * 49] * 5) + ".com",  # 255 bytes
    "a@" + ".".join(["é" * 24] * 5) + ".examples",
    *(f"jo{space}hn@shop.example" for space in "\t\r\x7f\x85\xa0\xad\u1680\u2003\u2028\u202e\u2066\u3000\ufeff"),
    *(f"john@sh{other}op.example" for other in "\xa0\u200b\u3002\uff0e\uff61\uff20\ufe6b\ue000\U000e0041"),
    "john＠shop.example",
    "<john@shop.example>",
    "john@shop.example, ann@shop.example",
)
