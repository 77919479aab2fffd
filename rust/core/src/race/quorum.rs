//! Agreement between answers, field by field.

use serde_json::Value;

/// How many answers say the same, for each field.
#[derive(Debug, Default)]
pub(super) struct Votes {
    /// For each field the votes of the most frequent value.
    most: Vec<usize>,
    /// For each answer the fields in which it says the most frequent value.
    agreed: Vec<usize>,
}

impl Votes {
    /// Counts `answers`, which are JSON texts, at `fields`; without fields, at every member of their roots.
    pub(super) fn count<'a>(answers: impl Iterator<Item = &'a str>, fields: &[String]) -> Self {
        let answers: Vec<Value> = answers
            .map(|text| serde_json::from_str(text).unwrap_or_default())
            .collect();
        let members;
        let fields = if fields.is_empty() {
            members = members_of(&answers);
            &members
        } else {
            fields
        };
        let mut votes = Self {
            most: Vec::new(),
            agreed: vec![0; answers.len()],
        };
        for field in fields {
            votes.count_field(&answers, field);
        }
        votes
    }

    fn count_field(&mut self, answers: &[Value], field: &str) {
        let said: Vec<_> = answers.iter().map(|answer| answer.pointer(field)).collect();
        let votes = |value: Option<&Value>| said.iter().filter(|other| **other == value).count();
        let counts: Vec<_> = said.iter().copied().map(votes).collect();
        let most = counts.iter().copied().max().unwrap_or(0);
        let leading = counts.iter().position(|count| *count == most);
        for (answer, value) in said.iter().enumerate() {
            let agrees = leading.is_some_and(|leading| said[leading] == *value);
            self.agreed[answer] += usize::from(agrees);
        }
        self.most.push(most);
    }

    /// Whether every field has a value that `k` answers agree on.
    pub(super) fn reached(&self, k: usize) -> bool {
        !self.most.is_empty() && self.most.iter().all(|votes| *votes >= k)
    }

    /// The answer that agrees most with the others, the earlier of equals.
    pub(super) fn leader(&self) -> usize {
        let most = self.agreed.iter().copied().max().unwrap_or(0);
        self.agreed
            .iter()
            .position(|agreed| *agreed == most)
            .unwrap_or(0)
    }
}

/// JSON Pointers to every member of any root; to the root itself where there is none.
fn members_of(answers: &[Value]) -> Vec<String> {
    let mut members = Vec::new();
    for key in answers
        .iter()
        .filter_map(Value::as_object)
        .flat_map(serde_json::Map::keys)
    {
        let pointer = crate::criteria::fields::join("", key);
        if !members.contains(&pointer) {
            members.push(pointer);
        }
    }
    if members.is_empty() {
        members.push(String::new());
    }
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(answers: &[&str], fields: &[&str]) -> Votes {
        let fields: Vec<_> = fields.iter().map(|field| (*field).to_owned()).collect();
        Votes::count(answers.iter().copied(), &fields)
    }

    #[test]
    fn each_field_needs_its_own_majority() {
        let answers = [
            r#"{"a": 1, "b": "x"}"#,
            r#"{"a": 1, "b": "y"}"#,
            r#"{"b": "y", "a": 2}"#,
        ];
        let votes = votes(&answers, &[]);
        assert!(votes.reached(2));
        assert!(!votes.reached(3));
        assert_eq!(votes.leader(), 1);
    }

    #[test]
    fn a_missing_field_is_a_value_too() {
        assert!(!votes(&[r#"{"a": 1}"#, r"{}"], &["/a"]).reached(2));
        assert!(votes(&["1", "1"], &[]).reached(2));
    }
}
