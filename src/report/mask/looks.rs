//! What words look like: keys and tokens, names, well-known words.

/// Whether a word looks like a key or a token: longer than eight characters, made of letters and digits in no order that words
/// have.
pub(super) fn is_key_like(word: &str) -> bool {
    const OF_KEYS: fn(char) -> bool = |sign| sign.is_ascii_alphanumeric() || "+/=_-.~:".contains(sign);
    let is_number = word.len() <= "0x".len() + 16 && word.starts_with("0x");
    word.len() > 8
        && !is_number
        && word.chars().all(OF_KEYS)
        && word.split(|sign: char| !sign.is_ascii_alphanumeric()).any(is_random)
}

/// Whether a stretch of letters and digits longer than eight reads like none that people write.
///
/// People change from letters to digits rarely, mostly once and at the end, and capitals begin a word or are an acronym.
fn is_random(piece: &str) -> bool {
    if piece.len() <= 8 {
        return false;
    }
    let classes: Vec<u8> = piece.bytes().map(class).collect();
    let runs: Vec<&[u8]> = classes.chunk_by(|left, right| left == right).collect();
    let words = runs.len()
        - runs
            .windows(2)
            .filter(|pair| pair[0][0] == b'A' && pair[1][0] == b'a')
            .count();
    let digits_before_the_end = runs[..runs.len() - 1].iter().any(|run| run[0] == b'0');
    let acronyms = runs.iter().filter(|run| run[0] == b'A' && run.len() > 1).count();
    if !classes.contains(&b'0') {
        return piece.len() >= 16 && acronyms >= 3;
    }
    words * 5 > piece.len() * 2 || (piece.len() >= 14 && digits_before_the_end) || (words == 1 && piece.len() >= 20)
}

fn class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => b'0',
        b'A'..=b'Z' => b'A',
        _ => b'a',
    }
}

/// Whether a text has as many words as a sentence.
pub(super) fn is_sentence(text: &str) -> bool {
    text.split_whitespace()
        .filter(|word| word.contains(char::is_alphabetic))
        .count()
        >= 3
}

/// Whether a text is written like the name of a setting: `JWT_SECRET`.
pub(super) fn is_setting_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether a text gives nothing away whatever stands before it: nothing at all, punctuation, and words that everyone knows.
pub(super) fn is_well_known(text: &str) -> bool {
    let text = text.trim();
    !text.contains(char::is_alphanumeric)
        || WELL_KNOWN.iter().any(|word| word.eq_ignore_ascii_case(text))
        || is_signature_algorithm(text)
}

/// Words of the field, of encodings, and of configuration files.
const WELL_KNOWN: [&str; 27] = [
    "0",
    "1",
    "access",
    "ascii",
    "authorization",
    "base64",
    "basic",
    "bearer",
    "cookie",
    "false",
    "header",
    "hex",
    "ignore",
    "jwt",
    "latin-1",
    "no",
    "none",
    "null",
    "off",
    "on",
    "query",
    "refresh",
    "strict",
    "true",
    "utf-8",
    "utf8",
    "yes",
];

/// The names of RFC 7518: `HS256`, `EdDSA`, …
fn is_signature_algorithm(text: &str) -> bool {
    text == "EdDSA"
        || text.split_at_checked(2).is_some_and(|(kind, bits)| {
            matches!(kind, "HS" | "RS" | "ES" | "PS") && matches!(bits, "256" | "384" | "512" | "256K")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_words() {
        let keys = [
            "eyJhbGciOiJIUzI1NiJ9",
            "eyJhbGciOiJIUzI1NiJ9.e30.fakefakefake",
            "sk_live_4eC39HqLyjWD",
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_16C7e42F292c6912E7",
            "0123456789abcdef0123456789abcdef",
            "d41d8cd98f00b204e9800998ecf8427e",
            "QWxhZGRpbjpvcGVuIHNlc2FtZQ",
            "hunter2hunter2",
            "Tr0ub4dor3xx",
        ];
        for key in keys {
            assert!(is_key_like(key), "{key}");
        }
        let words = [
            "access",
            "verify_signature",
            "getUserByIdentifier",
            "HTTPServerConnectionFactory",
            "JWT_SECRET_STAGING",
            "auth.client.AuthClient",
            "/api/v1/users/42/sessions",
            "127.0.0.1:8080",
            "2027-03-01",
            "python3.11-slim",
            "application/json",
            "sha256-fingerprint",
            "x509_certificate",
            "test_user_12345",
            "PBKDF2HMAC",
            "integration2024",
            "https://example.com/oauth2/token",
        ];
        for word in words {
            assert!(!is_key_like(word), "{word}");
        }
    }

    #[test]
    fn well_known_words_give_nothing_away() {
        for text in ["", " ", ".", "HS256", "Bearer ", "utf-8", "none", "true", "***"] {
            assert!(is_well_known(text), "{text}");
        }
        for text in ["hunter2", "HS257", "admin"] {
            assert!(!is_well_known(text), "{text}");
        }
        assert!(is_setting_name("JWT_SECRET") && !is_setting_name("jwt_secret") && !is_setting_name("_X"));
    }
}
