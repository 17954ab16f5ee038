use serde_json::Value;

/// The text of a page, by lines.
pub(crate) struct Page<'a> {
    lines: Vec<&'a str>,
}

/// A block of commands and what follows it.
pub(crate) struct Example {
    /// Where the block begins, counted from 1.
    pub(crate) line: usize,
    /// Each without its prompt.
    pub(crate) commands: Vec<String>,
    /// What they are said to print.
    pub(crate) answer: Answer,
}

/// What is shown below a block of commands.
pub(crate) enum Answer {
    /// A `json` block: the values that all the commands print.
    Json(String),
    /// An `http` block: status line, some headers, perhaps the body.
    Http(String),
    /// A table of names: what the command finds if `q` and `types` are those of a row.
    Rows(Vec<Row>),
    /// Nothing.
    None,
}

/// A row of the table of names.
pub(crate) struct Row {
    /// Its line, counted from 1.
    pub(crate) line: usize,
    /// What is looked for.
    pub(crate) q: String,
    types: String,
    finds: String,
    tier: String,
}

impl<'a> Page<'a> {
    /// Takes a page apart.
    pub(crate) fn of(text: &'a str) -> Self {
        Self {
            lines: text.lines().collect(),
        }
    }

    /// All blocks of commands, in their order.
    pub(crate) fn examples(&self) -> Vec<Example> {
        let mut examples = Vec::new();
        let mut at = 0;
        while at < self.lines.len() {
            if self.lines[at] != "```console" {
                at += 1;
                continue;
            }
            let line = at + 1;
            let (block, after) = self.block(at);
            let commands = block.iter().map(|line| {
                let command = line.strip_prefix("$ ");
                command
                    .unwrap_or_else(|| panic!("{line:?} has no prompt"))
                    .to_owned()
            });
            let commands = commands.collect();
            let (answer, after) = self.answer(after);
            examples.push(Example {
                line,
                commands,
                answer,
            });
            at = after;
        }
        examples
    }

    /// The cells of the first table below a heading, without its header, and the lines they are in.
    pub(crate) fn table_below(&self, heading: &str) -> Vec<Vec<&'a str>> {
        let is_heading = |line: &&str| line.trim_start_matches('#').trim() == heading;
        let heading = self.lines.iter().position(is_heading);
        let heading = heading.expect("the section is there");
        let table = (heading..self.lines.len()).find(|at| self.lines[*at].starts_with('|'));
        let rows = self.rows(table.expect("the section has a table"));
        rows.into_iter().map(|(_, cells)| cells).collect()
    }

    /// What is between the fence at `at` and the next, and where it goes on.
    fn block(&self, at: usize) -> (&[&'a str], usize) {
        let inside = &self.lines[at + 1..];
        let length = inside.iter().position(|line| *line == "```");
        let length = length.unwrap_or_else(|| panic!("line {}: a block without end", at + 1));
        (&inside[..length], at + length + 2)
    }

    /// The answer to the commands that end before `from`, and where the page goes on after it.
    fn answer(&self, from: usize) -> (Answer, usize) {
        for at in from..self.lines.len() {
            match self.lines[at] {
                "```json" => {
                    let (block, after) = self.block(at);
                    return (Answer::Json(block.join("\n")), after);
                }
                "```http" => {
                    let (block, after) = self.block(at);
                    return (Answer::Http(block.join("\n")), after);
                }
                "| | `q` | `types` | finds | tier |" => {
                    let rows = self.rows(at);
                    let after = at + 2 + rows.len();
                    return (Answer::Rows(rows.iter().map(Row::of).collect()), after);
                }
                // Prose may stand before a table, but no other example and no heading.
                line if line.starts_with("```") || line.starts_with('#') => break,
                _ => {}
            }
        }
        (Answer::None, from)
    }

    /// The rows of a table whose header is at `at`, with their lines.
    fn rows(&self, at: usize) -> Vec<(usize, Vec<&'a str>)> {
        let rows = self.lines.iter().enumerate().skip(at + 2);
        let rows = rows.map_while(|(at, line)| {
            let cells = line.strip_prefix('|')?.strip_suffix('|')?.split('|');
            Some((at + 1, cells.map(str::trim).collect()))
        });
        rows.collect()
    }
}

impl Row {
    fn of((line, cells): &(usize, Vec<&str>)) -> Self {
        let [_, q, types, finds, tier] = cells[..] else {
            panic!("line {line}: {cells:?}");
        };
        Self {
            line: *line,
            q: q.trim_matches('`').to_owned(),
            types: types.to_owned(),
            finds: finds.to_owned(),
            tier: tier.to_owned(),
        }
    }

    /// The command that `pattern` is for the row `of`, for this row.
    pub(crate) fn question(&self, pattern: &str, of: &Self) -> String {
        let quoted = |q: &str| format!("'q={}'", q.replace('\'', r"'\''"));
        let mut command = pattern.to_owned();
        for (from, to) in [
            (quoted(&of.q), quoted(&self.q)),
            (
                format!("types={}&", of.types),
                format!("types={}&", self.types),
            ),
        ] {
            assert!(command.contains(&from), "{from} in {command}");
            command = command.replacen(&from, &to, 1);
        }
        command
    }

    /// What the row says is found.
    pub(crate) fn expected(&self) -> String {
        format!("{} | {}", self.finds, self.tier)
    }

    /// What an answer says, as the row would.
    pub(crate) fn told(&self, answer: &Value) -> String {
        let found = &answer["success"][&self.types];
        let results = found["results"].as_array().expect("results");
        let all = |texts: Vec<&str>| texts.join(", ");
        let names = results.iter().map(|result| text(&result["name"]));
        let names = match results.is_empty() {
            true => "nothing".to_owned(),
            false => all(names.collect()),
        };
        let tiers = results
            .iter()
            .map(|result| text(&result["explain"]["tier"]));
        let mut tiers = all(tiers.collect());
        if let Some(corrected) = found["corrected"].as_str() {
            tiers += &format!("; `corrected` is {corrected}");
        }
        format!("{names} | {tiers}")
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// The JSON values of a text, one after the other; `line` is for messages. Every number is itself and not
/// as it is spelled: `1.0` is 1.
pub(crate) fn stream(text: &str, line: usize) -> Vec<Value> {
    let values = serde_json::Deserializer::from_str(text).into_iter();
    let values = values.map(|value| {
        value.unwrap_or_else(|error| panic!("the answer to line {line} is no JSON: {error}"))
    });
    values.map(with_numbers).collect()
}

fn with_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.as_f64().unwrap()),
        Value::Array(values) => Value::Array(values.into_iter().map(with_numbers).collect()),
        Value::Object(members) => {
            let members = members.into_iter();
            let members = members.map(|(name, value)| (name, with_numbers(value)));
            Value::Object(members.collect())
        }
        other => other,
    }
}

#[test]
fn blocks_and_tables_are_found() {
    let text = "# A\n```console\n$ a\n$ b\n```\n\n```json\n1\n2\n```\n```console\n$ c\n```\n## B\n\n| x | y |\n\
                |---|---|\n| 1 | 2 |\n";
    let page = Page::of(text);
    let examples = page.examples();
    assert_eq!(examples[0].commands, ["a", "b"]);
    assert!(matches!(&examples[0].answer, Answer::Json(json) if stream(json, 1).len() == 2));
    assert_eq!(examples[1].line, 11);
    assert!(matches!(examples[1].answer, Answer::None));
    assert_eq!(page.table_below("B"), [["1", "2"]]);
}

#[test]
fn numbers_are_equal_however_they_are_spelled() {
    assert_eq!(
        stream(r#"[{"a":1.0},"1"]"#, 1),
        stream(r#"[{"a":1}, "1"]"#, 1)
    );
    assert_ne!(stream("1", 1), stream("\"1\"", 1));
    assert_ne!(stream("1", 1), stream("1.5", 1));
}
