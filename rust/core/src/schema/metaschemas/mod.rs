//! The published meta-schemas, so that references to them need no registry.
//!
//! The documents are data of the specifications: those published at json-schema.org, unchanged, by their authors
//! (the IETF's JSON Schema drafts) under the BSD 3-clause licence or the Academic Free License 3.0.

/// The meta-schema or vocabulary schema at a URI without fragment.
pub(super) fn find(uri: &str) -> Option<&'static str> {
    DOCUMENTS
        .iter()
        .find(|(known, _)| *known == uri)
        .map(|&(_, text)| text)
}

const DOCUMENTS: [(&str, &str); 18] = [
    (
        "http://json-schema.org/draft-04/schema",
        include_str!("draft-04.json"),
    ),
    (
        "http://json-schema.org/draft-06/schema",
        include_str!("draft-06.json"),
    ),
    (
        "http://json-schema.org/draft-07/schema",
        include_str!("draft-07.json"),
    ),
    (
        "https://json-schema.org/draft/2019-09/schema",
        include_str!("2019-09.json"),
    ),
    (
        "https://json-schema.org/draft/2019-09/meta/applicator",
        include_str!("2019-09-applicator.json"),
    ),
    (
        "https://json-schema.org/draft/2019-09/meta/content",
        include_str!("2019-09-content.json"),
    ),
    (
        "https://json-schema.org/draft/2019-09/meta/core",
        include_str!("2019-09-core.json"),
    ),
    (
        "https://json-schema.org/draft/2019-09/meta/format",
        include_str!("2019-09-format.json"),
    ),
    (
        "https://json-schema.org/draft/2019-09/meta/meta-data",
        include_str!("2019-09-meta-data.json"),
    ),
    (
        "https://json-schema.org/draft/2019-09/meta/validation",
        include_str!("2019-09-validation.json"),
    ),
    (
        "https://json-schema.org/draft/2020-12/schema",
        include_str!("2020-12.json"),
    ),
    (
        "https://json-schema.org/draft/2020-12/meta/applicator",
        include_str!("2020-12-applicator.json"),
    ),
    (
        "https://json-schema.org/draft/2020-12/meta/content",
        include_str!("2020-12-content.json"),
    ),
    (
        "https://json-schema.org/draft/2020-12/meta/core",
        include_str!("2020-12-core.json"),
    ),
    (
        "https://json-schema.org/draft/2020-12/meta/format-annotation",
        include_str!("2020-12-format-annotation.json"),
    ),
    (
        "https://json-schema.org/draft/2020-12/meta/meta-data",
        include_str!("2020-12-meta-data.json"),
    ),
    (
        "https://json-schema.org/draft/2020-12/meta/unevaluated",
        include_str!("2020-12-unevaluated.json"),
    ),
    (
        "https://json-schema.org/draft/2020-12/meta/validation",
        include_str!("2020-12-validation.json"),
    ),
];
