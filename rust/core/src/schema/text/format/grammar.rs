//! The formats' grammars as patterns, written from the ABNF of their RFCs.

const HOUR: &str = "(?:[01][0-9]|2[0-3])";
const SIXTY: &str = "[0-5][0-9]";
const FRACTION: &str = r"(?:\.[0-9]+)?";

/// RFC 3339 §5.6 and §5.7: leap years are those divisible by 4, but by 100 only if by 400.
pub(super) fn date() -> String {
    let long = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])";
    let short = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)";
    let february = "02-(?:0[1-9]|1[0-9]|2[0-8])";
    let leap = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
    format!("(?:[0-9]{{4}}-(?:{long}|{short}|{february})|{leap}-02-29)")
}

/// RFC 3339 `full-time`. A leap second with an offset is checked at the close.
pub(super) fn time() -> String {
    let offset = format!("[+-]{HOUR}:{SIXTY}");
    let plain = format!("{HOUR}:{SIXTY}:{SIXTY}{FRACTION}(?:[Zz]|{offset})");
    let leap = format!("23:59:60{FRACTION}[Zz]|{HOUR}:{SIXTY}:60{FRACTION}{offset}");
    format!("(?:{plain}|{leap})")
}

/// RFC 3339 appendix A.
pub(super) fn duration() -> String {
    let chain = |units: [&str; 3]| {
        let [first, second, third] = units.map(|unit| format!("[0-9]+{unit}"));
        format!("(?:{first}(?:{second}(?:{third})?)?|{second}(?:{third})?|{third})")
    };
    let (date, time) = (chain(["Y", "M", "D"]), chain(["H", "M", "S"]));
    format!("P(?:{date}(?:T{time})?|T{time}|[0-9]+W)")
}

/// RFC 4648 §4, the bits that padding leaves over being zero (§3.5).
pub(super) const BASE64: &str =
    "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?";

/// RFC 4122 §3.
pub(super) const UUID: &str = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}";

/// RFC 3986 §3.2.2 `IPv4address`.
pub(super) fn ipv4() -> String {
    let octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    format!(r"{octet}(?:\.{octet}){{3}}")
}

/// RFC 3986 §3.2.2 `IPv6address`.
pub(super) fn ipv6() -> String {
    let group = "[0-9A-Fa-f]{1,4}";
    let last = format!("(?:{group}:{group}|{})", ipv4());
    let before = |most: usize| format!("(?:(?:{group}:){{0,{most}}}{group})?::");
    let mut forms = vec![
        format!("(?:{group}:){{6}}{last}"),
        format!("::(?:{group}:){{5}}{last}"),
    ];
    for most in 0..5 {
        forms.push(format!(
            "{}(?:{group}:){{{}}}{last}",
            before(most),
            4 - most
        ));
    }
    forms.push(format!("{}{group}", before(5)));
    forms.push(before(6));
    format!("(?:{})", forms.join("|"))
}

/// RFC 5321 §4.1.2 `Mailbox`; RFC 6531 §3.3 with `more` characters.
pub(super) fn email(more: &str) -> String {
    let atom = format!(r"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~{more}-]+");
    let quoted = format!(r#""(?:[\x20\x21\x23-\x5b\x5d-\x7e{more}]|\\[\x20-\x7e])*""#);
    let letter = format!("[A-Za-z0-9{more}]");
    let label = format!("{letter}(?:[A-Za-z0-9{more}-]{{0,61}}{letter})?");
    let literal = format!(r"\[(?:{}|[Ii][Pp][Vv]6:{})\]", ipv4(), ipv6());
    format!(r"(?:{atom}(?:\.{atom})*|{quoted})@(?:{label}(?:\.{label})*|{literal})")
}

/// RFC 1123 §2.1; the length of the whole and A-labels are checked at the close.
pub(super) const HOSTNAME: &str = concat!(
    "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?",
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
);

/// Labels that are not empty and neither begin nor end with a hyphen, of no ASCII but letters, digits
/// and hyphens; all else is checked at the close.
pub(super) const IDN_HOSTNAME: &str = concat!(
    r"[A-Za-z0-9\u{80}-\u{3001}\u{3003}-\u{ff0d}\u{ff0f}-\u{ff60}\u{ff62}-\u{10ffff}]",
    r"[A-Za-z0-9\u{80}-\u{10ffff}.-]*"
);

/// RFC 6901 §3.
pub(super) const POINTER: &str = "(?:/(?:[^~/]|~[01])*)*";

/// The characters that RFC 3987 adds to RFC 3986.
#[derive(Clone, Copy)]
pub(super) struct Repertoire {
    /// `ucschar`, wherever `unreserved` is.
    unreserved: &'static str,
    /// `iprivate`, in queries.
    private: &'static str,
}

/// RFC 3986.
pub(super) const ASCII: Repertoire = Repertoire {
    unreserved: "",
    private: "",
};

/// RFC 3987 §2.2.
pub(super) const INTERNATIONAL: Repertoire = Repertoire {
    unreserved: UCSCHAR,
    private: IPRIVATE,
};

const UCSCHAR: &str = concat!(
    r"\u{a0}-\u{d7ff}\u{f900}-\u{fdcf}\u{fdf0}-\u{ffef}\u{10000}-\u{1fffd}\u{20000}-\u{2fffd}",
    r"\u{30000}-\u{3fffd}\u{40000}-\u{4fffd}\u{50000}-\u{5fffd}\u{60000}-\u{6fffd}\u{70000}-\u{7fffd}",
    r"\u{80000}-\u{8fffd}\u{90000}-\u{9fffd}\u{a0000}-\u{afffd}\u{b0000}-\u{bfffd}\u{c0000}-\u{cfffd}",
    r"\u{d0000}-\u{dfffd}\u{e1000}-\u{efffd}"
);
const IPRIVATE: &str = r"\u{e000}-\u{f8ff}\u{f0000}-\u{ffffd}\u{100000}-\u{10fffd}";

const PERCENT: &str = "%[0-9A-Fa-f]{2}";
const SUB_DELIMS: &str = "!$&'()*+,;=";

impl Repertoire {
    /// One character of the unreserved ones, the sub-delimiters and these, or a percent-encoding.
    fn character(self, more: &str) -> String {
        format!(
            "(?:[A-Za-z0-9._~{SUB_DELIMS}{}{more}-]|{PERCENT})",
            self.unreserved
        )
    }

    fn authority(self) -> String {
        let user = self.character(":");
        let name = self.character("");
        let future = format!("[Vv][0-9A-Fa-f]+\\.[A-Za-z0-9._~{SUB_DELIMS}:-]+");
        format!(
            r"(?:{user}*@)?(?:\[(?:{}|{future})\]|{name}*)(?::[0-9]*)?",
            ipv6()
        )
    }

    /// `path-abempty` after an authority, or `path-absolute`.
    fn rooted(self) -> String {
        let (rest, nonempty) = (self.rest(), self.character(":@"));
        format!("(?://{}{rest}|/(?:{nonempty}+{rest})?)", self.authority())
    }

    /// Further segments.
    fn rest(self) -> String {
        format!("(?:/{}*)*", self.character(":@"))
    }

    fn tail(self) -> String {
        let query = self.character(&format!(":@/?{}", self.private));
        let fragment = self.character(":@/?");
        format!(r"(?:\?{query}*)?(?:#{fragment}*)?")
    }
}

const SCHEME: &str = "[A-Za-z][A-Za-z0-9+.-]*:";

/// RFC 3986 §3 `URI`, RFC 3987 §2.2 `IRI`.
pub(super) fn uri(repertoire: Repertoire) -> String {
    let (rooted, rest) = (repertoire.rooted(), repertoire.rest());
    let first = repertoire.character(":@");
    format!("{SCHEME}(?:{rooted}|{first}+{rest}|){}", repertoire.tail())
}

/// RFC 3986 §4.1 `URI-reference`, RFC 3987 §2.2 `IRI-reference`: a first segment without a scheme has
/// no colon.
pub(super) fn uri_reference(repertoire: Repertoire) -> String {
    let (rooted, rest) = (repertoire.rooted(), repertoire.rest());
    let (first, plain) = (repertoire.character(":@"), repertoire.character("@"));
    let path = format!("(?:{SCHEME})?(?:{rooted}|)|{SCHEME}{first}+{rest}|{plain}+{rest}");
    format!("(?:{path}){}", repertoire.tail())
}

/// RFC 6570 §2, with the erratum that allows the apostrophe.
pub(super) fn uri_template() -> String {
    let literal = format!(
        r"[\x21\x23\x24\x26-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e{UCSCHAR}{IPRIVATE}]|{PERCENT}"
    );
    let character = format!("(?:[A-Za-z0-9_]|{PERCENT})");
    let variable = format!(r"{character}(?:\.?{character})*(?::[1-9][0-9]{{0,3}}|\*)?");
    format!(r"(?:{literal}|\{{[+#./;?&=,!@|]?{variable}(?:,{variable})*\}})*")
}
