//! What the words in names mean: which settings are secrets, which flags switch authentication off.

use super::phrases::{PhraseList, finder_of, stems};
use aho_corasick::{AhoCorasick, Input};
use serde::Deserialize;
use smallvec::SmallVec;

/// The user's additions to the words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExtraWords {
    /// Phrases that make a name secret.
    pub secret: Vec<String>,
    /// Phrases that make a name not secret.
    pub never_secret: Vec<String>,
    /// Phrases that make a flag one that skips authentication.
    pub skip: Vec<String>,
    /// Phrases that make a flag none.
    pub never_skip: Vec<String>,
}

/// What a flag's name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagName {
    /// On means that authentication is skipped.
    Skips,
    /// Off means that authentication is skipped.
    Requires,
    /// Names how to authenticate; some values mean not at all.
    Mode,
}

/// What a token is checked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenCheck {
    /// That its issuer signed it.
    Signature,
    /// That it has not expired.
    Expiry,
    /// That it is meant for this service.
    Audience,
    /// That it comes from the right issuer.
    Issuer,
    /// That it holds already.
    NotBefore,
}

/// The words, ready to compare.
#[derive(Debug)]
pub struct Words {
    file: File,
    phrases: Phrases,
    /// Finds the words of which a flag's name must have one, in whatever case they are written.
    flag_stems: AhoCorasick,
    /// The same for the name of a secret.
    secret_stems: AhoCorasick,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    secret: Secret,
    folder: Folder,
    request: Request,
    safeguard: Safeguard,
    authentication: Authentication,
    environment: Environment,
    flag: Flag,
    value: Value,
    method: Method,
    record: Record,
    verification: Verification,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Secret {
    anywhere: Vec<String>,
    ending: Vec<String>,
    never_ending: Vec<String>,
    never: Vec<String>,
    switch_beginning: Vec<String>,
    switch_anywhere: Vec<String>,
    default_words: Vec<String>,
    paired: Vec<String>,
    pairs: Vec<String>,
    public_files: Vec<String>,
    public_file_words: Vec<String>,
    code_files: Vec<String>,
    constant_suffixes: Vec<String>,
    hidden: Vec<String>,
    key_files: Vec<String>,
    certificate_files: Vec<String>,
    private_file_words: Vec<String>,
    foreign: Vec<String>,
    objects: Vec<String>,
    places: Vec<String>,
    kinds: Vec<String>,
    masked: Vec<String>,
    acquiring: Vec<String>,
    masked_texts: Vec<String>,
    private_texts: Vec<String>,
    public_texts: Vec<String>,
    giving: Vec<String>,
    loggers: Vec<String>,
    references: Vec<String>,
    local_words: Vec<String>,
    certain: Vec<String>,
    name_words: Vec<String>,
    value_words: Vec<String>,
    placeholder_words: Vec<String>,
    made_up_words: Vec<String>,
    public_parts: Vec<String>,
    shipped: Vec<String>,
    key_beginnings: Vec<String>,
    looked_up: Vec<String>,
    tellings: Vec<String>,
    given_out: Vec<String>,
    common_passwords: Vec<String>,
    fetching: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Request {
    credentials: Vec<String>,
    sending: Vec<String>,
    sending_alone: Vec<String>,
    requests: Vec<String>,
    responses: Vec<String>,
    urls: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Folder {
    texts: Vec<String>,
    vendored: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Safeguard {
    breakers: PhraseList,
    caches: PhraseList,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Environment {
    suffixes: Vec<String>,
    parts: Vec<String>,
    names: PhraseList,
    values: Vec<String>,
    switches: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Flag {
    skip: Vec<String>,
    disable: Vec<String>,
    require: Vec<String>,
    enable: Vec<String>,
    verify: Vec<String>,
    objects: Vec<String>,
    skip_objects: Vec<String>,
    require_objects: Vec<String>,
    verify_objects: Vec<String>,
    methods: Vec<String>,
    tails: Vec<String>,
    circumstances: Vec<String>,
    phrases: Vec<String>,
    modes: Vec<String>,
    mode_off: Vec<String>,
    mode_types: Vec<String>,
    method_types: Vec<String>,
    method_off: Vec<String>,
    comment_demands: Vec<String>,
    comment_objects: Vec<String>,
    comment_negations: Vec<String>,
    turning: Vec<String>,
    descriptions: Vec<String>,
    never: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Authentication {
    nobody: Vec<String>,
    stand_ins: Vec<String>,
    of_somebody: Vec<String>,
    identities: Vec<String>,
    identity_fields: Vec<String>,
    who_fields: Vec<String>,
    switched: PhraseList,
    refusals: PhraseList,
    refusing_calls: Vec<String>,
    success_fields: Vec<String>,
    failure_fields: Vec<String>,
    passing_on: Vec<String>,
    gates: PhraseList,
    signed: PhraseList,
    signed_by: Vec<String>,
    unrelated_errors: Vec<String>,
    questions: PhraseList,
    requests: PhraseList,
    credentials: PhraseList,
    weak_credentials: PhraseList,
    refresh_words: Vec<String>,
    leaving: PhraseList,
    compared: PhraseList,
    compared_otherwise: PhraseList,
    kinds: Vec<String>,
    test_doors: PhraseList,
    route_doors: PhraseList,
    token_routes: PhraseList,
    exemptions: PhraseList,
    exempted: PhraseList,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Value {
    on: Vec<String>,
    off: Vec<String>,
    opposites: Vec<[String; 2]>,
    nothing: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Method {
    common: rustc_hash::FxHashSet<String>,
    common_in_rust: rustc_hash::FxHashSet<String>,
    asking_for_coroutines: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Record {
    queries: Vec<String>,
    runners: Vec<String>,
    managers: Vec<String>,
    single: Vec<String>,
    conditions: Vec<String>,
    getters: Vec<String>,
    changes: Vec<String>,
    credentials: Vec<String>,
    plain_credentials: Vec<String>,
    otherwise: PhraseList,
    errands: PhraseList,
    login_pages: Vec<String>,
    signed_cookies: Vec<String>,
    random: Vec<String>,
    before_handlers: Vec<String>,
    guard_lists: Vec<String>,
    default_guard_lists: Vec<String>,
    guard_makers: Vec<String>,
    logins: Vec<String>,
    identities: PhraseList,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Verification {
    signature: Vec<String>,
    expiry: Vec<String>,
    audience: Vec<String>,
    issuer: Vec<String>,
    not_before: Vec<String>,
    verbs: Vec<String>,
    hand_checks: Vec<String>,
    audience_words: Vec<String>,
    expiry_words: Vec<String>,
    issuer_words: Vec<String>,
    claims_words: Vec<String>,
    forms: Vec<String>,
}

/// Phrases split into words once.
#[derive(Debug)]
struct Phrases {
    secret: Vec<Vec<String>>,
    secret_ending: Vec<Vec<String>>,
    never_secret: Vec<Vec<String>>,
    extra_never_secret: Vec<Vec<String>>,
    skip: Vec<Vec<String>>,
    never_skip: Vec<Vec<String>>,
    modes: Vec<Vec<String>>,
    mode_types: Vec<Vec<String>>,
    method_types: Vec<Vec<String>>,
    objects: Vec<Vec<String>>,
    skip_objects: Vec<Vec<String>>,
    require_objects: Vec<Vec<String>>,
    verify_objects: Vec<Vec<String>>,
    fetches: PhraseList,
    certain: Vec<Vec<String>>,
    given_out: Vec<Vec<String>>,
    shipped: PhraseList,
    public_texts: PhraseList,
    references: PhraseList,
    forms: PhraseList,
    /// What a verb that skips speaks of.
    skipped: PhraseList,
}

impl Words {
    /// The built-in words with the user's additions.
    ///
    /// # Errors
    /// What is wrong in `rules/catalog/words.toml`; the tests check it.
    pub fn load(extra: &ExtraWords) -> Result<Self, String> {
        let text = include_str!("../../rules/catalog/words.toml");
        let file: File = toml::from_str(text).map_err(|error| format!("rules/catalog/words.toml: {error}"))?;
        let with = |phrases: &[String], extra: &[String]| {
            phrases
                .iter()
                .chain(extra)
                .map(|phrase| owned(&split(phrase)))
                .collect::<Vec<_>>()
        };
        let phrases = Phrases {
            secret: with(&file.secret.anywhere, &extra.secret),
            secret_ending: with(&file.secret.ending, &[]),
            never_secret: with(&file.secret.never, &[]),
            extra_never_secret: with(&[], &extra.never_secret),
            skip: with(&file.flag.phrases, &extra.skip),
            never_skip: with(&file.flag.never, &extra.never_skip),
            modes: with(&file.flag.modes, &[]),
            mode_types: with(&file.flag.mode_types, &[]),
            method_types: with(&file.flag.method_types, &[]),
            objects: with(&file.flag.objects, &[]),
            skip_objects: with(&file.flag.skip_objects, &file.flag.objects),
            require_objects: with(&file.flag.require_objects, &file.flag.objects),
            verify_objects: with(&file.flag.verify_objects, &[]),
            fetches: PhraseList::new(&file.secret.fetching)?,
            references: PhraseList::new(&file.secret.references)?,
            forms: PhraseList::new(&file.verification.forms)?,
            skipped: PhraseList::new(&file.flag.skip_objects)?,
            certain: with(&file.secret.certain, &extra.secret),
            given_out: with(&file.secret.given_out, &[]),
            shipped: PhraseList::new(&file.secret.shipped)?,
            public_texts: PhraseList::new(&file.secret.public_texts)?,
        };
        let of_flags = [
            &phrases.skip,
            &phrases.modes,
            &phrases.mode_types,
            &phrases.method_types,
            &phrases.skip_objects,
            &phrases.require_objects,
            &phrases.verify_objects,
        ];
        let flag_stems = finder_of(&stems(of_flags.into_iter().flatten().map(Vec::as_slice)))?;
        let of_secrets = phrases.secret.iter().chain(&phrases.secret_ending);
        let secret_stems = finder_of(&stems(of_secrets.map(Vec::as_slice)))?;
        Ok(Self {
            file,
            phrases,
            flag_stems,
            secret_stems,
        })
    }

    /// Whether a setting of this name is a secret. A `*` in the name stands for an unknown part.
    #[must_use]
    pub fn is_secret(&self, name: &str) -> bool {
        if !self.secret_stems.is_match(name) {
            return false;
        }
        let words = split(name);
        let words = words_of(&words);
        let core = self.without_suffixes(&words);
        let secret = &self.file.secret;
        if contains_any(&words, &self.phrases.extra_never_secret) {
            return false;
        }
        if core.last().is_some_and(|last| has(&secret.never_ending, last)) {
            return self
                .phrases
                .secret_ending
                .iter()
                .any(|phrase| phrase.len() > 1 && ends_with(core, phrase));
        }
        if contains_any(&words, &self.phrases.never_secret)
            || words.iter().any(|word| has(&secret.switch_anywhere, word))
            || core
                .first()
                .is_some_and(|first| core.len() > 1 && has(&secret.switch_beginning, first))
        {
            return false;
        }
        // A lone `key` or `token` in lower case is a field of something, not the name of a setting.
        if core.len() == 1 && !name.contains(char::is_uppercase) {
            return contains_any(&words, &self.phrases.secret);
        }
        contains_any(&words, &self.phrases.secret)
            || self.phrases.secret_ending.iter().any(|phrase| ends_with(core, phrase))
    }

    /// Whether a setting of this name may be a secret if something else says that it is one.
    #[must_use]
    pub fn may_be_secret(&self, name: &str) -> bool {
        let words = split(name);
        let words = words_of(&words);
        let core = self.without_suffixes(&words);
        core.last().is_some_and(|last| has(&self.file.secret.hidden, last))
    }

    /// Whether a name leaves no doubt that it is a secret's, in code as well as of a setting.
    #[must_use]
    pub fn is_certainly_secret(&self, name: &str) -> bool {
        if !self.is_secret(name) {
            return false;
        }
        let words = split(name);
        let words = words_of(&words);
        let core = self.without_suffixes(&words);
        self.phrases.certain.iter().any(|phrase| ends_with(core, phrase))
    }

    /// Whether a key of this name is meant to be in what is shipped.
    #[must_use]
    pub fn is_shipped(&self, name: &str) -> bool {
        self.phrases.shipped.is_said(name)
    }

    /// Whether the literal `text` can be the secret that `name` names: no name itself, no placeholder, no sentence, no place.
    #[must_use]
    pub fn is_secret_text(&self, name: &str, text: &str) -> bool {
        let secret = &self.file.secret;
        // `asymmetric.ed25519.Ed25519PrivateKey` of `Ed25519PrivateKey`
        let before = text.strip_suffix(name).filter(|_| !name.is_empty());
        let is_path_of_name = before.is_some_and(|before| before.ends_with(['.', '/', ':']));
        if self.is_placeholder(text) || is_path_of_name {
            return false;
        }
        if looks_generated(text) || looks_random(text) {
            return true;
        }
        if secret.common_passwords.iter().any(|known| known == text) {
            return !split(name).split(' ').any(|word| word.eq_ignore_ascii_case(text));
        }
        let is_plain = |sign: char| sign.is_alphanumeric() || "-_.!@#+=/:~".contains(sign);
        // Words with letters of other scripts are for people to read.
        if !text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return false;
        }
        if text.len() < 6 || !text.chars().all(is_plain) || self.means_nothing(text) || self.is_place(text) {
            return false;
        }
        let own = split(text);
        let (own, named) = (words_of(&own), split(name));
        let named = words_of(&named);
        let is_name_word = |word: &str| has(&secret.name_words, word) || named.contains(&word);
        let is_placeholder_word = |word: &str| has(&secret.placeholder_words, word);
        let is_value_word = |word: &str| has(&secret.value_words, word);
        let has_placeholder = own.iter().any(|word| is_placeholder_word(word));
        let is_placeholder = own
            .iter()
            .all(|word| is_name_word(word) || is_placeholder_word(word) || (has_placeholder && is_value_word(word)));
        // `os.environ/OPENAI_API_KEY` of `api_key`
        let contains_name = named.len() > 1 && own.windows(named.len()).any(|window| *window == *named);
        // `os.environ/REDIS_PASSWORD`, `env:REDIS_PASSWORD`
        let refers = text.rsplit_once(['/', ':']).is_some_and(|(_, last)| {
            let is_of_setting = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
            last.len() > 4 && last.contains('_') && last.bytes().all(is_of_setting)
        });
        // `io.harbour/oauth-client-credentials` of `EXTENSION_OAUTH_CLIENT_CREDENTIALS`
        let is_identifier_of_name = text.rsplit_once(['/', ':']).is_some_and(|(_, last)| {
            let last = split(last);
            let last = words_of(&last);
            last.len() > 1 && named.ends_with(&last)
        });
        if refers || is_identifier_of_name {
            return false;
        }
        let is_value = own.iter().any(|word| is_value_word(word));
        let says_placeholder = named.first().is_some_and(|first| is_placeholder_word(first));
        let is_named = contains_name && !is_value;
        if is_placeholder || says_placeholder || is_named || is_name_of_header(text) || is_condition(text) {
            return false;
        }
        if is_value {
            return true;
        }
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let phrases = || self.phrases.secret.iter().chain(&self.phrases.secret_ending);
        let ends_like_secret = phrases().any(|phrase| ends_with(&own, phrase));
        let is_header = text.len() > 2 && text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"));
        let is_identifier = text
            .chars()
            .all(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '.' | ':'));
        let is_name = match own.len() {
            1 => digits < 2 || text.len() < 8,
            2..=3 => ends_like_secret || is_identifier,
            _ => is_identifier,
        };
        !(is_name || is_header)
    }

    /// Whether a text is a key that a generator made, and nothing that stands for one.
    #[must_use]
    pub fn is_generated_secret(&self, text: &str) -> bool {
        looks_generated(text) && !self.is_placeholder(text)
    }

    /// Whether a text is written like the fingerprint of a public key of PGP, by which it is fetched: forty digits in capitals; or
    /// like the address of an account, which is made of one: `0x` and forty digits.
    #[must_use]
    pub fn is_fingerprint(&self, text: &str) -> bool {
        let is_address = |digits: &str| digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        text.strip_prefix("0x").is_some_and(is_address)
            || text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
    }

    /// Whether a text of this name would be of plain words, where a service gives out keys that are none: `api_key="my-secret-key"`.
    #[must_use]
    pub fn is_made_up_key(&self, name: &str, text: &str) -> bool {
        let words = split(name);
        let words = words_of(&words);
        let core = self.without_suffixes(&words);
        let is_given_out = self.phrases.given_out.iter().any(|phrase| ends_with(core, phrase));
        is_given_out && !text.bytes().any(|byte| byte.is_ascii_digit())
    }

    /// Whether a text has the shape of what stands for a secret: it says so, was cut, repeats a sign, counts, or is known to all.
    fn is_placeholder(&self, text: &str) -> bool {
        let secret = &self.file.secret;
        let is_cut = || {
            let begins = |beginning: &String| text.starts_with(beginning.as_str());
            text.len() < LEAST_KEY && secret.key_beginnings.iter().any(begins)
        };
        let is_public =
            || text.len() >= LEAST_KEY && secret.public_parts.iter().any(|part| text.contains(part.as_str()));
        text.contains("...")
            || repeats(text)
            || (text.len() >= LEAST_KEY && counts(text))
            || is_cut()
            || is_public()
            || self.says_made_up(text)
    }

    /// Whether most of a text are letters in the order of the alphabet: `abcdefgh`.
    #[must_use]
    pub fn is_row(&self, text: &str) -> bool {
        counts(text)
            && text.len() < LEAST_KEY
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && text.bytes().any(|byte| byte.is_ascii_alphabetic())
    }

    /// Whether a text says that it is made up.
    #[must_use]
    pub fn says_made_up(&self, text: &str) -> bool {
        split(text)
            .split(' ')
            .any(|word| has(&self.file.secret.made_up_words, word))
    }

    /// Whether what a variable, field or key of this name holds is a secret itself, so that it must not be shown.
    #[must_use]
    pub fn is_shown_secret(&self, name: &str) -> bool {
        let words = split(name);
        let words = words_of(&words);
        let last = words.last().copied().unwrap_or("");
        // A `secret` alone is often the name of one, or the record that holds it.
        let secret = &self.file.secret;
        let is_open = last == "SECRET" && !words.iter().any(|word| has(&secret.kinds, word));
        self.is_certainly_secret(name)
            && !is_open
            && !has(&secret.objects, last)
            && !self.says_masked(name)
            && !self.is_name_of_place(name)
    }

    /// The names of secrets beside which something of this name only says whose they are: `secret_key` beside `access_key`.
    pub fn pairs_of(&self, name: &str) -> impl Iterator<Item = &str> {
        let secret = &self.file.secret;
        let words = split(name).replace(' ', "_");
        let is_paired = secret.paired.iter().any(|paired| words.ends_with(paired.as_str()))
            && !words.split('_').any(|word| word == "SECRET");
        let pairs = secret.pairs.iter().filter(move |_| is_paired);
        pairs.map(String::as_str)
    }

    /// Whether a name says that what it holds is masked, or only tells about a secret.
    #[must_use]
    pub fn says_masked(&self, name: &str) -> bool {
        split(name).split(' ').any(|word| has(&self.file.secret.masked, word))
    }

    /// Whether a name says that what it holds is where something is kept.
    #[must_use]
    pub fn is_name_of_place(&self, name: &str) -> bool {
        let words = split(name);
        let words = words_of(&words);
        let is_place = |word: &&str| has(&self.file.secret.places, word);
        words.last().is_some_and(is_place) || words.first().is_some_and(|first| is_place(first) && *first != "FILE")
    }

    /// Whether a variable of this name may hold a token.
    #[must_use]
    pub fn may_be_token(&self, name: &str) -> bool {
        split(name)
            .split(' ')
            .any(|word| matches!(word, "JWT" | "TOKEN" | "BEARER" | "CREDENTIAL" | "CREDENTIALS"))
    }

    /// Whether a text says of the value that it shows that it is hashed, masked or encrypted.
    #[must_use]
    pub fn text_says_masked(&self, text: &str) -> bool {
        split(text)
            .split(' ')
            .any(|word| has(&self.file.secret.masked_texts, word))
    }

    /// Whether a text says of the value that it shows that it is a key for everybody.
    #[must_use]
    pub fn text_says_public(&self, text: &str) -> bool {
        let words = split(text);
        let is_private = || words.split(' ').any(|word| has(&self.file.secret.private_texts, word));
        self.phrases.public_texts.is_said(text) && !is_private()
    }

    /// Whether a function of this name gives a secret as it is, and not a masked one or something about it.
    #[must_use]
    pub fn gives_secret(&self, name: &str) -> bool {
        let words = split(name);
        let words = words_of(&words);
        let secret = &self.file.secret;
        let gives = words.first().is_some_and(|first| has(&secret.giving, first));
        gives && !words.iter().any(|word| has(&secret.masked, word))
    }

    /// Whether an object of this name is a logger.
    #[must_use]
    pub fn is_logger(&self, name: &str) -> bool {
        split(name)
            .split(' ')
            .next_back()
            .is_some_and(|last| has(&self.file.secret.loggers, last))
    }

    /// Whether libraries and images of others read a setting of this name by themselves.
    #[must_use]
    pub fn is_read_by_libraries(&self, name: &str) -> bool {
        let words = split(name);
        words
            .split(' ')
            .next()
            .is_some_and(|first| has(&self.file.secret.foreign, first))
    }

    /// Whether a key of configuration says where a secret is to be found, instead of holding it: `existingSecret`, `secretKeyRef`.
    #[must_use]
    pub fn is_secret_reference(&self, name: &str) -> bool {
        self.phrases.references.is_said(name)
    }

    /// Whether a text or a path says that it is for development on one's own machine, for tests or for documentation.
    #[must_use]
    pub fn says_local(&self, text: &str) -> bool {
        split(text)
            .split(' ')
            .any(|word| has(&self.file.secret.local_words, word))
    }

    /// Whether it is a password that everyone knows.
    #[must_use]
    pub fn is_common_password(&self, text: &str) -> bool {
        self.file.secret.common_passwords.iter().any(|known| known == text)
    }

    /// What the name of a constant says of the setting whose name it holds: `JWT_SECRET` of `JWT_SECRET_ENV_VAR`.
    #[must_use]
    pub fn setting_of_constant<'n>(&self, name: &'n str) -> &'n str {
        let suffixes = &self.file.secret.constant_suffixes;
        let mut said = name;
        while let Some(shorter) = suffixes.iter().find_map(|suffix| said.strip_suffix(suffix.as_str())) {
            said = shorter;
        }
        said
    }

    /// Whether the file at this path holds no secret, whatever its name says.
    #[must_use]
    pub fn is_public_file(&self, path: &str) -> bool {
        let secret = &self.file.secret;
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_code = name
            .rsplit_once('.')
            .is_some_and(|(_, extension)| has(&secret.code_files, extension));
        is_code
            || has(&secret.public_files, path)
            || split(name).split(' ').any(|word| has(&secret.public_file_words, word))
    }

    /// Whether a file of this name holds a private key: `signing.key`, `jwt-private.pem`.
    #[must_use]
    pub fn is_key_file(&self, stem: &str, extension: &str) -> bool {
        let secret = &self.file.secret;
        let says_private = || split(stem).split(' ').any(|word| has(&secret.private_file_words, word));
        has(&secret.key_files, extension) && !stem.contains("pub")
            || has(&secret.certificate_files, extension) && says_private()
    }

    /// What a flag of this name says about authentication, if anything.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<FlagName> {
        self.flag_stem(name, 0)?;
        let words = split(name);
        let words = words_of(&words);
        let core = self.without_suffixes(&words);
        if contains_any(core, &self.phrases.never_skip) {
            return None;
        }
        if contains_any(core, &self.phrases.skip) {
            return Some(FlagName::Skips);
        }
        if self.phrases.modes.iter().any(|phrase| ends_with(core, phrase)) {
            return Some(FlagName::Mode);
        }
        let flag = &self.file.flag;
        let says = |verbs: &[String]| core.iter().any(|word| has(verbs, word));
        if says(&flag.turning) || (says(&flag.skip) && says(&flag.disable)) {
            // `FORBID_AUTH_REQUIRED`; `DISABLE_SKIP_AUTH`, `AUTH_BYPASS_DISABLED`: two negations.
            return None;
        }
        if self.speaks(core, &flag.skip, &self.phrases.skip_objects, false)
            || self.speaks(core, &flag.disable, &self.phrases.objects, true)
        {
            return Some(FlagName::Skips);
        }
        let requires = self.speaks(core, &flag.require, &self.phrases.require_objects, true)
            || self.speaks(core, &flag.enable, &self.phrases.objects, true)
            || self.speaks(core, &flag.verify, &self.phrases.verify_objects, true);
        requires.then_some(FlagName::Requires)
    }

    /// Where a word begins, not before `from`, of which a flag's name must have one. What is no flag for lack of one is most of what
    /// a program says, so this is worth a look at many names at once.
    #[must_use]
    pub fn flag_stem(&self, text: &str, from: usize) -> Option<usize> {
        let found = self.flag_stems.find(Input::new(text).range(from..));
        found.map(|found| found.start())
    }

    /// Whether objects of many types have a method of this name, so that the name alone says nothing.
    #[must_use]
    pub fn is_common_method(&self, name: &str) -> bool {
        self.file.method.common.contains(name)
    }

    /// The same for Rust, where types of the language and its libraries have other methods.
    #[must_use]
    pub fn is_common_method_of_rust(&self, name: &str) -> bool {
        self.file.method.common_in_rust.contains(name)
    }

    /// Whether a function of this name asks whether something is a coroutine function.
    #[must_use]
    pub fn asks_for_coroutine(&self, name: &str) -> bool {
        has(&self.file.method.asking_for_coroutines, name)
    }

    /// The names of those functions.
    pub fn questions_for_coroutines(&self) -> impl Iterator<Item = &str> {
        self.file.method.asking_for_coroutines.iter().map(String::as_str)
    }

    /// Whether a call of this name asks a store for the records of the classes that it is handed.
    #[must_use]
    pub fn makes_query(&self, name: &str) -> bool {
        has(&self.file.record.queries, name)
    }

    /// The names of such calls, and of the attributes of classes by which it is done.
    pub fn queries(&self) -> impl Iterator<Item = &str> {
        let record = &self.file.record;
        record.queries.iter().chain(&record.managers).map(String::as_str)
    }

    /// Whether a call of this name runs the query that it is handed.
    #[must_use]
    pub fn runs_query(&self, name: &str) -> bool {
        has(&self.file.record.runners, name)
    }

    /// Whether an attribute of a class by this name asks a store for its records.
    #[must_use]
    pub fn is_record_manager(&self, name: &str) -> bool {
        has(&self.file.record.managers, name)
    }

    /// The names of the calls that look records up, change them, or read signed cookies.
    pub fn lookups(&self) -> impl Iterator<Item = &str> {
        let record = &self.file.record;
        let lists = [
            &record.conditions,
            &record.getters,
            &record.changes,
            &record.signed_cookies,
            &record.logins,
        ];
        lists.into_iter().flatten().map(String::as_str)
    }

    /// Whether a call of this name gives one of the records that were asked for.
    #[must_use]
    pub fn gives_record(&self, name: &str) -> bool {
        has(&self.file.record.single, name)
    }

    /// Whether a call of this name picks records by what their columns hold.
    #[must_use]
    pub fn picks_records(&self, name: &str) -> bool {
        has(&self.file.record.conditions, name)
    }

    /// The same where it is called on what manages the records of a class: elsewhere it gets anything.
    #[must_use]
    pub fn gets_record(&self, name: &str) -> bool {
        has(&self.file.record.getters, name)
    }

    /// Whether a call of this name changes or removes the records that were picked.
    #[must_use]
    pub fn changes_records(&self, name: &str) -> bool {
        has(&self.file.record.changes, name)
    }

    /// Whether a column of this name holds the credentials that callers show, or what is made of them.
    #[must_use]
    pub fn is_credential_column(&self, name: &str) -> bool {
        has(&self.file.record.credentials, name)
    }

    /// The same of a column that says so only together with what its records are called: `ApiKey.key`.
    #[must_use]
    pub fn is_plain_credential_column(&self, name: &str) -> bool {
        has(&self.file.record.plain_credentials, name)
    }

    /// Whether what is looked up under such a name lets nobody in as a caller: an invitation, a password to be reset.
    #[must_use]
    pub fn is_looked_up_otherwise(&self, name: &str) -> bool {
        self.file.record.otherwise.is_said(name)
    }

    /// Whether a token that is decoded in a function of this name is one for a single errand, such as to reset a password.
    #[must_use]
    pub fn is_errand(&self, name: &str) -> bool {
        self.file.record.errands.is_said(name)
    }

    /// Whether a handler of this name is where people log in or out: who comes there is not let in yet.
    #[must_use]
    pub fn is_login_page(&self, name: &str) -> bool {
        has(&self.file.record.login_pages, name)
    }

    /// Whether a function of this name makes something random.
    #[must_use]
    pub fn makes_random(&self, name: &str) -> bool {
        has(&self.file.record.random, name)
    }

    /// The names of members of classes of handlers that list what lets requests through.
    #[must_use]
    pub fn guard_lists(&self) -> &[String] {
        &self.file.record.guard_lists
    }

    /// The names of settings that list the same for all classes that do not.
    #[must_use]
    pub fn default_guard_lists(&self) -> &[String] {
        &self.file.record.default_guard_lists
    }

    /// Whether a method of this name makes such a list.
    #[must_use]
    pub fn makes_guard_list(&self, name: &str) -> bool {
        has(&self.file.record.guard_makers, name)
    }

    /// Whether a framework calls a method of this name before the one that handles the request.
    #[must_use]
    pub fn runs_before_handlers(&self, name: &str) -> bool {
        has(&self.file.record.before_handlers, name)
    }

    /// Whether a method of this name reads a cookie and checks its signature.
    #[must_use]
    pub fn reads_signed_cookie(&self, name: &str) -> bool {
        has(&self.file.record.signed_cookies, name)
    }

    /// Whether a method of this name takes what an identity provider sent a caller back with, and validates who that is.
    #[must_use]
    pub fn takes_login(&self, name: &str) -> bool {
        has(&self.file.record.logins, name)
    }

    /// Whether a cookie of this name, or one that is read where a function has this name, says who is calling.
    #[must_use]
    pub fn identifies_caller(&self, name: &str) -> bool {
        self.file.record.identities.is_said(name)
    }

    /// The options of token libraries that switch a check off when they are false.
    pub fn verification_options(&self) -> impl Iterator<Item = (&str, TokenCheck)> {
        let options = &self.file.verification;
        let of = [
            (&options.signature, TokenCheck::Signature),
            (&options.expiry, TokenCheck::Expiry),
            (&options.audience, TokenCheck::Audience),
            (&options.issuer, TokenCheck::Issuer),
            (&options.not_before, TokenCheck::NotBefore),
        ];
        of.into_iter()
            .flat_map(|(names, check)| names.iter().map(move |name| (name.as_str(), check)))
    }

    /// Whether a function of this name says that it verifies a token, more than its form.
    #[must_use]
    pub fn verifies(&self, name: &str) -> bool {
        let words = split(name);
        let says = |list: &[String]| words.split_ascii_whitespace().any(|word| has(list, word));
        says(&self.file.verification.verbs) && !says(&self.file.verification.forms)
    }

    /// Whether a function of this name says that it makes up for a check that a library leaves out: `is_expired`.
    #[must_use]
    pub fn checks_claim(&self, name: &str, check: TokenCheck) -> bool {
        let options = &self.file.verification;
        let claim = match check {
            TokenCheck::Audience => &options.audience_words,
            TokenCheck::Expiry => &options.expiry_words,
            TokenCheck::Issuer => &options.issuer_words,
            TokenCheck::NotBefore | TokenCheck::Signature => return false,
        };
        let words = split(name);
        let mut words = words.split_ascii_whitespace();
        words.next().is_some_and(|first| has(&options.hand_checks, first)) && words.any(|word| has(claim, word))
    }

    /// Whether what is called so holds the claims of a token.
    #[must_use]
    pub fn holds_claims(&self, name: &str) -> bool {
        let words = split(name);
        words
            .split_ascii_whitespace()
            .any(|word| has(&self.file.verification.claims_words, word))
    }

    /// Whether a variable, field or header of this name holds what a client shows to prove who it is.
    #[must_use]
    pub fn carries_credential(&self, name: &str) -> bool {
        split(name)
            .split_ascii_whitespace()
            .any(|word| has(&self.file.request.credentials, word))
    }

    /// Whether a variable, field or method of this name holds what a server gets from a client.
    #[must_use]
    pub fn comes_from_client(&self, name: &str) -> bool {
        split(name)
            .split_ascii_whitespace()
            .any(|word| has(&self.file.request.requests, word))
    }

    /// Whether a variable of this name holds what a client gets from a server.
    #[must_use]
    pub fn comes_from_server(&self, name: &str) -> bool {
        let words = split(name);
        words
            .rsplit(' ')
            .next()
            .is_some_and(|word| has(&self.file.request.responses, word))
    }

    /// Whether what is called so rests after too many failures.
    #[must_use]
    pub fn is_breaker(&self, name: &str) -> bool {
        self.file.safeguard.breakers.is_said(name)
    }

    /// Whether a decorator of this name keeps the results of a function.
    #[must_use]
    pub fn is_cache(&self, name: &str) -> bool {
        self.file.safeguard.caches.is_said(name)
    }

    /// Whether a variable or field of this name holds a URL.
    #[must_use]
    pub fn is_url(&self, name: &str) -> bool {
        split(name)
            .split_ascii_whitespace()
            .next_back()
            .is_some_and(|word| has(&self.file.request.urls, word))
    }

    /// Whether what is called so is someone of whom nothing is proven: `ANONYMOUS`, `TEST_USER`, `mock_claims`.
    #[must_use]
    pub fn is_stand_in(&self, name: &str) -> bool {
        let words = split(name);
        let words = words_of(&words);
        let says = |list: &[String]| words.iter().any(|word| has(list, word));
        let authentication = &self.file.authentication;
        let is_identity = |word: &&str| has(&authentication.identities, word);
        let behind = words.iter().rev().take_while(|word| !is_identity(word));
        let is_of_one = || behind.into_iter().any(|word| has(&authentication.of_somebody, word));
        says(&authentication.nobody)
            || (says(&authentication.stand_ins) && says(&authentication.identities) && !is_of_one())
    }

    /// The same without those who may be let in on purpose as nobody in particular.
    #[must_use]
    pub fn is_made_up(&self, name: &str) -> bool {
        let words = split(name);
        let is_nobody = words
            .split_ascii_whitespace()
            .any(|word| has(&self.file.authentication.nobody, word));
        !is_nobody && self.is_stand_in(name)
    }

    /// Whether a function of this name is about credentials that nobody changed.
    #[must_use]
    pub fn is_about_default(&self, name: &str) -> bool {
        split(name)
            .split(' ')
            .any(|word| has(&self.file.secret.default_words, word))
    }

    /// Whether a function of this name renews what somebody has who was let in before.
    #[must_use]
    pub fn refreshes(&self, name: &str) -> bool {
        split(name)
            .split(' ')
            .any(|word| has(&self.file.authentication.refresh_words, word))
    }

    /// Whether a function of this name ends what somebody has who was let in before: then nobody is let in by it.
    #[must_use]
    pub fn ends_session(&self, name: &str) -> bool {
        self.file.authentication.leaving.is_said(name)
    }

    /// Whether a mapping of this name is looked up by the names of settings.
    #[must_use]
    pub fn is_looked_up_by_name(&self, name: &str) -> bool {
        let words = split(name);
        let last = words.split_ascii_whitespace().next_back();
        last.is_some_and(|last| has(&self.file.secret.looked_up, last))
    }

    /// Whether a mapping of this name only says something about what has the names that it is looked up by.
    #[must_use]
    pub fn is_telling(&self, name: &str) -> bool {
        let words = split(name);
        let last = words.split_ascii_whitespace().next_back();
        last.is_some_and(|last| has(&self.file.secret.tellings, last))
    }

    /// Whether a function of this name gives the secret whose name it is handed: `get_secret(name)`.
    #[must_use]
    pub fn gives_secret_by_name(&self, name: &str) -> bool {
        let words = split(name);
        self.gives_secret(name) && words.split_ascii_whitespace().next_back() == Some("SECRET")
    }

    /// Whether a file of this path holds texts that people read, in one of several languages.
    #[must_use]
    pub fn is_file_of_texts(&self, path: &str) -> bool {
        is_in(path, &self.file.folder.texts)
    }

    /// Whether a file of this path belongs to a copy of a library of others.
    #[must_use]
    pub fn is_vendored(&self, path: &str) -> bool {
        is_in(path, &self.file.folder.vendored)
    }

    /// Whether a function of this name sends a request: `request`, `_api_get`.
    #[must_use]
    pub fn sends_request(&self, name: &str) -> bool {
        let request = &self.file.request;
        let words = split(name);
        let words = words_of(&words);
        let says_so = || words.len() > 1 || has(&request.sending_alone, words[0]);
        !words.is_empty() && words.iter().all(|word| has(&request.sending, word)) && says_so()
    }

    /// Whether a function of this name only describes a service.
    #[must_use]
    pub fn describes_service(&self, name: &str) -> bool {
        let words = split(name);
        let words = words_of(&words);
        words.len() > 1 && words.last().is_some_and(|last| has(&self.file.flag.descriptions, last))
    }

    /// Whether an error of this name says nothing about a token: what was caught there is another failure.
    #[must_use]
    pub fn is_unrelated_error(&self, name: &str) -> bool {
        has(&self.file.authentication.unrelated_errors, name)
    }

    /// Whether a key, a field or a parameter of this name says who somebody is.
    #[must_use]
    pub fn is_identity_field(&self, name: &str) -> bool {
        has(&self.file.authentication.identity_fields, &name.to_ascii_lowercase())
    }

    /// Whether a field of this name says by itself who somebody is.
    #[must_use]
    pub fn is_who_field(&self, name: &str) -> bool {
        has(&self.file.authentication.who_fields, &name.to_ascii_lowercase())
    }

    /// Whether what is called so is a switch, which is off, and nothing that is missing.
    #[must_use]
    pub fn is_switch(&self, name: &str) -> bool {
        self.file.authentication.switched.is_said(name)
    }

    /// Whether an error, an answer or a status of this name refuses.
    #[must_use]
    pub fn refuses(&self, name: &str) -> bool {
        self.file.authentication.refusals.is_said(name)
    }

    /// Whether a function of this name ends a request or a connection.
    #[must_use]
    pub fn is_refusing_call(&self, name: &str) -> bool {
        has(&self.file.authentication.refusing_calls, &name.to_ascii_lowercase())
    }

    /// Whether a field of this name is false where something failed.
    #[must_use]
    pub fn is_success_field(&self, name: &str) -> bool {
        has(&self.file.authentication.success_fields, &name.to_ascii_lowercase())
    }

    /// Whether a field of this name is filled where something failed.
    #[must_use]
    pub fn is_failure_field(&self, name: &str) -> bool {
        has(&self.file.authentication.failure_fields, &name.to_ascii_lowercase())
    }

    /// Whether middleware passes a request on by a function of this name.
    #[must_use]
    pub fn passes_on(&self, name: &str) -> bool {
        has(&self.file.authentication.passing_on, name)
    }

    /// Whether a function or class of this name is about who is calling.
    #[must_use]
    pub fn is_gate(&self, name: &str) -> bool {
        self.file.authentication.gates.is_said(name)
    }

    /// Whether data that is signed where a function, class, module or key has this name lets somebody in.
    #[must_use]
    pub fn makes_signed_data_token(&self, name: &str) -> bool {
        let authentication = &self.file.authentication;
        self.says_signed(name) || has(&authentication.signed_by, &split(name).replace(' ', "_"))
    }

    /// Whether such a name says of signed data that it lets somebody in, and not only that it is a token.
    #[must_use]
    pub fn says_signed(&self, name: &str) -> bool {
        self.file.authentication.signed.is_said(name)
    }

    /// Whether a service says at such an address whether a token is good: `/auth/validate`, `introspection_url`.
    #[must_use]
    pub fn asks_about_token(&self, address: &str) -> bool {
        let asks = self.file.authentication.questions.is_said(address);
        let is_form = self.phrases.forms.is_said(address);
        let is_gate = self.is_gate(address) || self.is_token_route(address) || self.phrases.skipped.is_said(address);
        let is_plain = address.to_ascii_lowercase().contains("introspect");
        asks && !is_form && (is_gate || is_plain)
    }

    /// Where a word begins, not before `from`, of which such an address must have one: worth a look at many texts at once.
    #[must_use]
    pub fn question_stem(&self, text: &str, from: usize) -> Option<usize> {
        self.file.authentication.questions.stem(text, from)
    }

    /// Whether a function of this name sends a request.
    #[must_use]
    pub fn is_request(&self, name: &str) -> bool {
        self.file.authentication.requests.is_said(name)
    }

    /// Whether a function of this name sends a request and nothing else is said of it: `post`.
    #[must_use]
    pub fn is_plain_request(&self, name: &str) -> bool {
        self.is_request(name) && !name.contains('_')
    }

    /// Whether what is called so lets somebody in: `api_key`, `X-Api-Key`.
    #[must_use]
    pub fn is_credential(&self, name: &str) -> bool {
        self.file.authentication.credentials.is_said_last(name)
    }

    /// The same where code is about authentication: `token`.
    #[must_use]
    pub fn may_be_credential(&self, name: &str) -> bool {
        self.is_credential(name) || self.file.authentication.weak_credentials.is_said_last(name)
    }

    /// Whether what is called so is a token or a key that a caller shows, and code compares with the one that it expects.
    #[must_use]
    pub fn is_compared_credential(&self, name: &str) -> bool {
        self.file.authentication.compared.is_said(name)
    }

    /// Whether what is called so says nothing of who is calling, however it is compared: a signature, a password.
    #[must_use]
    pub fn is_compared_otherwise(&self, name: &str) -> bool {
        self.file.authentication.compared_otherwise.is_said(name)
    }

    /// Whether a text says of what kind a credential is, or that there is none.
    #[must_use]
    pub fn is_kind_of_credential(&self, text: &str) -> bool {
        has(&self.file.authentication.kinds, &text.trim().to_ascii_lowercase())
    }

    /// Whether the name of a header or a route speaks of a test or a bypass.
    #[must_use]
    pub fn is_test_door(&self, name: &str) -> bool {
        self.file.authentication.test_doors.is_said(name)
    }

    /// The same of a route, which may also be meant for whoever develops.
    #[must_use]
    pub fn is_test_route(&self, path: &str) -> bool {
        self.is_test_door(path) || self.file.authentication.route_doors.is_said(path)
    }

    /// Whether tokens are given out behind a path.
    #[must_use]
    pub fn is_token_route(&self, path: &str) -> bool {
        self.file.authentication.token_routes.is_said(path)
    }

    /// Whether a list of this name holds the paths that need no authentication.
    #[must_use]
    pub fn is_exemption(&self, name: &str) -> bool {
        self.file.authentication.exemptions.is_said(name) && self.file.authentication.exempted.is_said(name)
    }

    /// Whether what is called so is a path.
    #[must_use]
    pub fn is_path_name(&self, name: &str) -> bool {
        self.file.authentication.exempted.is_said_last(name)
    }

    /// Whether what is called so says where the program runs: `ENVIRONMENT`, `app_env`.
    #[must_use]
    pub fn is_environment_name(&self, name: &str) -> bool {
        self.file.environment.names.is_said_last(name)
    }

    /// Whether a text names an environment.
    #[must_use]
    pub fn is_environment(&self, text: &str) -> bool {
        has(&self.file.environment.values, &text.trim().to_ascii_lowercase())
    }

    /// Whether a switch of this name says where the program runs: `is_production`, `TESTING`.
    #[must_use]
    pub fn is_environment_switch(&self, name: &str) -> bool {
        let words = split(name).replace(' ', "_");
        has(&self.file.environment.switches, &words)
    }

    /// Whether a text switches a flag on (`Some(true)`) or off (`Some(false)`).
    #[must_use]
    pub fn truth(&self, text: &str) -> Option<bool> {
        let text = text.trim().to_ascii_lowercase();
        if self.file.value.on.contains(&text) {
            Some(true)
        } else if self.file.value.off.contains(&text) {
            Some(false)
        } else {
            None
        }
    }

    /// What switches a flag the other way, written like `text`: `TRUE` for `FALSE`.
    #[must_use]
    pub fn opposite(&self, text: &str) -> Option<String> {
        let lower = text.to_ascii_lowercase();
        let pairs = self.file.value.opposites.iter();
        let mut others = pairs.filter_map(|[on, off]| match lower.as_str() {
            text if text == on => Some(off),
            text if text == off => Some(on),
            _ => None,
        });
        let other = others.next()?;
        let upper = text.to_ascii_uppercase();
        match text.chars().next() {
            _ if text == lower => Some(other.clone()),
            _ if text == upper && text.len() > 1 => Some(other.to_ascii_uppercase()),
            Some(first) if first.is_ascii_uppercase() && text[1..] == lower[1..] => {
                Some(format!("{}{}", other[..1].to_ascii_uppercase(), &other[1..]))
            }
            _ => None,
        }
    }

    /// Whether a variable of this name names an environment, or the application itself: what goes into a value from there is known.
    #[must_use]
    pub fn names_deployment(&self, name: &str) -> bool {
        split(name)
            .split(' ')
            .any(|word| has(&self.file.environment.parts, word))
    }

    /// Whether a function of this name gets a token or logs someone in.
    #[must_use]
    pub fn fetches_token(&self, name: &str) -> bool {
        self.phrases.fetches.is_said(name)
    }

    /// Whether a client gets a token from who issues it by a function of this name.
    #[must_use]
    pub fn acquires_token(&self, name: &str) -> bool {
        let words = split(name);
        let words = words_of(&words);
        words.iter().any(|word| has(&self.file.secret.acquiring, word))
            && words.iter().any(|word| matches!(*word, "TOKEN" | "TOKENS"))
    }

    /// Whether a text says that there is no value.
    #[must_use]
    pub fn means_nothing(&self, text: &str) -> bool {
        let text = text.trim().to_ascii_lowercase();
        text.is_empty() || self.file.value.nothing.contains(&text)
    }

    /// Whether a text says where something is, and gives nothing away: a path, or an address without a password.
    #[must_use]
    pub fn is_place(&self, text: &str) -> bool {
        let is_path = text.starts_with(['/', '~', '#']) || text.starts_with("./") || text.starts_with("../");
        is_path || (text.contains("://") && !text.contains('@')) || begins_with_host(text)
    }

    /// Whether a mode of this name means that nothing is authenticated.
    #[must_use]
    pub fn is_mode_off(&self, text: &str) -> bool {
        self.file.flag.mode_off.contains(&text.trim().to_ascii_lowercase())
    }

    /// Whether the values of a type of this name say how to authenticate, if at all.
    #[must_use]
    pub fn is_mode_type(&self, name: &str) -> bool {
        self.is_type_of(name, &self.phrases.mode_types) || self.is_type_of(name, &self.phrases.method_types)
    }

    /// Whether such a type's `value` means that nothing is authenticated: `AuthMode::Disabled`.
    #[must_use]
    pub fn is_mode_value_off(&self, name: &str, value: &str) -> bool {
        if self.is_type_of(name, &self.phrases.mode_types) {
            return self.is_mode_off(value);
        }
        let is_off = self.file.flag.method_off.contains(&value.to_ascii_lowercase());
        is_off && self.is_type_of(name, &self.phrases.method_types)
    }

    fn is_type_of(&self, name: &str, types: &[Vec<String>]) -> bool {
        let words = split(name);
        let words = words_of(&words);
        types
            .iter()
            .any(|phrase| ends_with(&words, phrase) && (phrase.len() > 1 || words.len() == 1))
    }

    /// Whether a comment says that authentication is asked for.
    #[must_use]
    pub fn demands_authentication(&self, comment: &str) -> bool {
        let words = split(comment);
        let says = |list: &[String]| words.split(' ').any(|word| has(list, word));
        let flag = &self.file.flag;
        says(&flag.comment_demands) && says(&flag.comment_objects) && !says(&flag.comment_negations)
    }

    /// Whether one of `verbs` speaks of one of `objects`, before it (`SKIP_WS_AUTH`) or behind it (`AUTH_CHECK_DISABLED`).
    fn speaks(&self, words: &[&str], verbs: &[String], objects: &[Vec<String>], methods_matter: bool) -> bool {
        if !words.iter().any(|word| has(verbs, word)) {
            return false;
        }
        let flag = &self.file.flag;
        let is_tail = |word: &&str| has(&flag.tails, word);
        let qualified = |words: &[&str]| methods_matter && words.iter().any(|word| has(&flag.methods, word));
        objects.iter().any(|object| {
            positions(words, object).any(|start| {
                let (before, behind) = (&words[..start], &words[start + object.len()..]);
                let circumstance = behind
                    .iter()
                    .position(|word| has(&flag.circumstances, word))
                    .unwrap_or(behind.len());
                let behind = &behind[..circumstance];
                let verb_before = before.iter().any(|word| has(verbs, word)) && behind.iter().all(is_tail);
                let verb_behind = behind
                    .iter()
                    .position(|word| has(verbs, word))
                    .is_some_and(|verb| behind[..verb].iter().all(is_tail) && behind[verb + 1..].iter().all(is_tail));
                (verb_before || verb_behind) && !qualified(before)
            })
        })
    }

    fn without_suffixes<'w, 'n>(&self, words: &'w [&'n str]) -> &'w [&'n str] {
        let is_suffix = |word: &str| {
            let digits = word.trim_start_matches('V');
            word == "*"
                || has(&self.file.environment.suffixes, word)
                || (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let mut words = words;
        while let [rest @ .., last] = words
            && is_suffix(last)
            && !rest.is_empty()
        {
            words = rest;
        }
        words
    }
}

/// Keys of services are at least this long.
const LEAST_KEY: usize = 16;

/// Whether a text is written as names of headers are: `Access-Control-Allow-Credentials`.
fn is_name_of_header(text: &str) -> bool {
    let is_word = |word: &str| {
        let mut signs = word.chars();
        signs.next().is_some_and(|first| first.is_ascii_uppercase()) && signs.all(|sign| sign.is_ascii_lowercase())
    };
    text.matches('-').count() >= 2 && text.split('-').all(is_word)
}

/// Whether a text compares one word with another: `provider=local`.
fn is_condition(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    text.split_once('=')
        .is_some_and(|(left, right)| is_word(left) && is_word(right))
}

/// Whether one sign stands five times in a row: `xxxxx`, `00000`.
fn repeats(text: &str) -> bool {
    text.as_bytes()
        .windows(5)
        .any(|part| part.iter().all(|sign| *sign == part[0]))
}

/// Whether six signs in a row follow each other in the alphabet or in numbers: `123456`, `abcdef`.
fn counts(text: &str) -> bool {
    let follows = |pair: &[u8]| pair[0].is_ascii_alphanumeric() && pair[1] == pair[0] + 1;
    text.as_bytes().windows(6).any(|part| part.windows(2).all(follows))
}

/// Whether a text looks like what a generator of keys makes: long, of letters and digits without the order that words have.
/// Whether a text is an address without a scheme: `platform.example.com/console`.
fn begins_with_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.split_once('/').is_some_and(|(host, path)| {
        let mut labels = host.rsplit('.');
        let is_last = labels
            .next()
            .is_some_and(|last| (2..=6).contains(&last.len()) && last.bytes().all(|byte| byte.is_ascii_lowercase()));
        let is_readable = path
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || b"-_/.".contains(&byte));
        is_last && host.contains('.') && labels.all(is_label) && is_readable
    })
}

fn looks_generated(text: &str) -> bool {
    let is_of_keys = |sign: char| sign.is_ascii_alphanumeric() || "+/=_-.".contains(sign);
    let is_cut_token = text.starts_with("eyJ") && text.matches('.').count() != 2;
    if text.len() < 20 || is_cut_token || !text.chars().all(is_of_keys) {
        return false;
    }
    let pieces = text.split(|sign: char| !sign.is_ascii_alphanumeric());
    let Some(longest) = pieces.max_by_key(|piece| piece.len()).filter(|piece| piece.len() >= 16) else {
        return false;
    };
    let (changes, signs) = variety(longest);
    longest.bytes().any(|byte| byte.is_ascii_digit()) && changes * 3 >= longest.len() && signs >= 8
}

/// Whether a short text of one piece is as mixed as no word is: `q8Zk27LmPs91`. A name of a secret has to stand beside it.
fn looks_random(text: &str) -> bool {
    let has = |is_it: fn(&u8) -> bool| text.bytes().any(|byte| is_it(&byte));
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase);
    let (changes, signs) = variety(text);
    let is_piece = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_piece && is_mixed && text.len() >= 12 && changes * 2 >= text.len() && signs >= 8
}

/// How often digits, capitals and small letters of a text take turns, and how many different signs it has.
fn variety(text: &str) -> (usize, usize) {
    let class = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        _ => 2,
    };
    let classes: Vec<u8> = text.bytes().map(class).collect();
    let changes = classes.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let mut signs: Vec<u8> = text.bytes().collect();
    signs.sort_unstable();
    signs.dedup();
    (changes, signs.len())
}

/// The words of a name in upper case with spaces between them: split at everything that is no letter or digit, and where case
/// changes. A `*` is a word of its own.
pub(super) fn split(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    let mut begins = false;
    let mut before = None;
    let mut signs = name.chars().peekable();
    while let Some(sign) = signs.next() {
        let after = signs.peek();
        let is_word = sign.is_alphanumeric();
        begins |= !is_word || before == Some('*');
        begins |= sign.is_uppercase()
            && before.is_some_and(|before: char| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            });
        if is_word || sign == '*' {
            if begins && !words.is_empty() {
                words.push(' ');
            }
            if sign.is_ascii() {
                words.push(sign.to_ascii_uppercase());
            } else {
                words.extend(sign.to_uppercase());
            }
            begins = false;
        }
        before = Some(sign);
    }
    words
}

/// The single words of what [`split`] made.
fn words_of(words: &str) -> SmallVec<[&str; 8]> {
    words.split_ascii_whitespace().collect()
}

fn owned(words: &str) -> Vec<String> {
    words.split_ascii_whitespace().map(str::to_owned).collect()
}

fn has(list: &[String], word: &str) -> bool {
    list.iter().any(|known| known == word)
}

/// Whether one of the folders that a path goes through is called so.
fn is_in(path: &str, folders: &[String]) -> bool {
    let mut around = path.split('/').rev().skip(1);
    around.any(|folder| has(folders, &folder.to_ascii_lowercase()))
}

fn positions<'w>(words: &'w [&str], phrase: &'w [String]) -> impl Iterator<Item = usize> + 'w {
    words
        .windows(phrase.len().max(1))
        .enumerate()
        .filter(move |(_, window)| **window == *phrase)
        .map(|(at, _)| at)
}

fn contains_any(words: &[&str], phrases: &[Vec<String>]) -> bool {
    phrases.iter().any(|phrase| positions(words, phrase).next().is_some())
}

fn ends_with(words: &[&str], phrase: &[String]) -> bool {
    words.len() >= phrase.len() && words[words.len() - phrase.len()..] == *phrase
}

#[cfg(test)]
mod tests {
    use super::{ExtraWords, FlagName, Words, split};

    fn words() -> Words {
        Words::load(&ExtraWords::default()).expect("the built-in words load")
    }

    #[test]
    fn names_are_split_at_separators_and_case() {
        for (name, expected) in [
            ("JWT_SECRET", "JWT SECRET"),
            ("jwtSecretKey", "JWT SECRET KEY"),
            ("HTTPServerURL", "HTTP SERVER URL"),
            ("a-b.c2d", "A B C2D"),
            ("JWT_*_KEY", "JWT * KEY"),
        ] {
            assert_eq!(split(name), expected);
        }
    }

    #[test]
    fn secrets_are_told_from_what_is_said_about_them() {
        let words = words();
        for name in [
            "JWT_SECRET",
            "JWT_SECRET_KEY_STAGING",
            "DB_PASSWORD",
            "OPENAI_API_KEY",
            "SERVICE_TOKEN",
            "jwtSecret",
            "REDIS_PASS",
            "SENTRY_DSN",
            "SLACK_WEBHOOK_URL",
            "AUTH_TOKENS",
            "WALLET_MNEMONIC",
            "JWT_SECRET_*",
            "*_API_KEY",
            "FERNET_KEYS",
            "SALT",
            "TOKEN",
            "SECRET_KEY_2",
            "PGPASSWORD",
            "SIGNING_KEY_OLD",
            "DELETE_TOKENS",
            "SERVICE_ACCOUNT_JSON",
            "MINT_SEED_PHRASE",
            "HARBOUR_NKEY_SEED",
        ] {
            assert!(words.is_secret(name), "{name}");
        }
        for name in [
            "JWT_PUBLIC_KEY",
            "TRUSTED_PUBLIC_KEYS",
            "PASSKEY_RESIDENT_KEY",
            "USER_HANDLE_UNIQUE_FOR_EVERY_CREDENTIAL",
            "REQUESTS_PER_API_KEY",
            "CREDENTIAL_KIND",
            "PASSWORD_SOURCE",
            "RANDOM_SEED",
            "SEED",
            "DB_TABLE_CREDENTIALS",
            "RESPONSE_HAS_ACCESS_TOKEN",
            "CLIENT_SECRET_ID",
            "SECRET_NAME",
            "TOKEN_URL",
            "ACCESS_TOKEN_TTL",
            "MAX_TOKENS",
            "TOKEN_LIMIT",
            "PASSWORD_MIN_LENGTH",
            "CACHE_KEY",
            "SECRET_PATH",
            "JWT_ALGORITHM",
            "MONKEY",
            "AUTHOR",
            "DATABASE_URL",
            "USE_API_KEY",
            "PASSWORD_RESET_TIMEOUT",
            "PASSWORD_VALIDATION_REGEX_PATTERN",
            "PASSWORD_VALIDATION_HINT",
            "RAG_SOURCE_METADATA_KEYS",
            "FORWARD_USER_INFO_HEADER_JWT",
            "TOKENIZER",
            "*",
        ] {
            assert!(!words.is_secret(name), "{name}");
        }
    }

    #[test]
    fn values_are_told_from_names_and_placeholders() {
        let words = words();
        for (name, text) in [
            ("JWT_SECRET", "harbour-staging"),
            ("api_key", "fake9f8b2c4d7e1a6053fake8c2d"),
            ("password", "admin"),
            ("SECRET_KEY", "super-secret-key"),
            ("DB_PASSWORD", "harbour4711"),
            ("DB_PASSWORD", "häfen4711pass2"),
        ] {
            assert!(words.is_secret_text(name, text), "{name}: {text}");
        }
        for (name, text) in [
            ("PASSWORD", "password"),
            ("CONF_API_KEY", "api_key"),
            ("SECRET", "client-secret"),
            ("api_key", "os.environ/OPENAI_API_KEY"),
            ("API_KEY", "your-api-key-here"),
            ("api_key", "fake-api-key"),
            ("TOKEN", "Bearer"),
            ("API_KEY", "x-goog-api-key"),
            ("api_key", "dischargePower1"),
            ("PRIVATE_KEY", "/etc/ssl/key.pem"),
            ("SECRET", "${SECRET}"),
            ("password", "os.environ/REDIS_PASSWORD"),
            ("EXTENSION_CLIENT_CREDENTIALS", "io.harbour/client-credentials"),
            ("hmac_key", "usmHMACMD5AuthProtocol"),
            ("api_key", "sk-uj6F"),
            ("api_key", "sk-xxxxxxxxxxxxxxxxxxxxxxxx"),
            ("api_key", "sk-1234567890fake9f8b2c4d7e"),
            ("access_token", "mock-oauth-token-for-local-dev"),
            ("SECRET_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ] {
            assert!(!words.is_secret_text(name, text), "{name}: {text}");
        }
    }

    #[test]
    fn flags_are_told_from_names_that_only_sound_like_them() {
        let words = words();
        for name in [
            "SKIP_AUTH",
            "skip_websocket_auth",
            "DISABLE_AUTH",
            "AUTH_DISABLED",
            "authBypass",
            "MOCK_AUTH",
            "skip_jwt_verification",
            "NO_AUTH",
            "skip_login",
            "SKIP_AUTH_FOR_TESTS",
            "allow_unauthenticated",
            "bypass_auth_check",
            "AUTH_BYPASS_ENABLED",
            "SKIP_BASIC_AUTH",
            "skipAuthentication",
        ] {
            assert_eq!(words.flag(name), Some(FlagName::Skips), "{name}");
        }
        for name in [
            "require_auth",
            "AUTH_ENABLED",
            "AUTH_REQUIRED",
            "enforce_auth",
            "ENABLE_AUTHENTICATION",
            "verify_token",
            "websocket_auth_enabled",
            "login_required",
        ] {
            assert_eq!(words.flag(name), Some(FlagName::Requires), "{name}");
        }
        for name in [
            "requires_auth",
            "skip_validation",
            "skip_author",
            "disable_authority",
            "DISABLE_BASIC_AUTH",
            "LDAP_AUTH_ENABLED",
            "skip_auth_cache",
            "auth",
            "no_cache",
            "AUTH_TOKEN",
            "enable_login_form",
            "verify_ssl",
            "mock_author",
            "disable_login",
        ] {
            assert_eq!(words.flag(name), None, "{name}");
        }
        assert_eq!(words.flag("AUTH_MODE"), Some(FlagName::Mode));
    }
}
