//! What must and must not happen: patterns over the recorded lines, which recording never changes.
//!
//! A pattern is words of a line, with `…` for anything between: `must once: EXECUTE … restart web`.

/// One demand.
#[derive(Clone, Debug)]
pub struct Must {
    raw: String,
    pieces: Vec<String>,
    count: Count,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Count {
    AtLeastOne,
    Exactly(usize),
}

impl Must {
    /// `must: …`, `must not: …`, `must once: …`, `must twice: …`, `must 3 times: …`
    pub fn parse(raw: &str) -> Result<Must, String> {
        let (head, pattern) = raw.split_once(':').ok_or("expected `must: …` or `must not: …`")?;
        let words: Vec<&str> = head.split_whitespace().skip(1).collect();
        let count = match words.as_slice() {
            [] => Count::AtLeastOne,
            ["not"] => Count::Exactly(0),
            ["once"] => Count::Exactly(1),
            ["twice"] => Count::Exactly(2),
            [n, "times"] => Count::Exactly(n.parse().map_err(|_| format!("`{n}` is no number"))?),
            other => return Err(format!("`must {}` is not known", other.join(" "))),
        };
        let pieces: Vec<String> = pattern.split('…').map(plain).filter(|piece| !piece.is_empty()).collect();
        if pieces.is_empty() {
            return Err("the pattern is empty".to_owned());
        }
        Ok(Must { raw: raw.to_owned(), pieces, count })
    }

    /// What is wrong with `lines`, if anything is.
    pub fn broken(&self, lines: &[String]) -> Option<String> {
        let found = lines.iter().filter(|line| self.is_in(line)).count();
        let holds = match self.count {
            Count::AtLeastOne => found > 0,
            Count::Exactly(count) => found == count,
        };
        (!holds).then(|| format!("`{}` does not hold: {found} lines fit", self.raw))
    }

    fn is_in(&self, line: &str) -> bool {
        let line = plain(line);
        let mut rest = line.as_str();
        self.pieces.iter().all(|piece| match rest.find(piece.as_str()) {
            Some(at) => {
                rest = &rest[at + piece.len()..];
                true
            }
            None => false,
        })
    }
}

/// Without columns: one blank between words.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::Must;

    #[test]
    fn a_demand_counts_the_lines_that_fit() {
        let lines = ["  00:10  web  UNHEALTHY  http".to_owned(), "  00:11  db  UNHEALTHY".to_owned()];
        let broken = |raw: &str| Must::parse(raw).unwrap().broken(&lines).is_some();
        for good in ["must: web … http", "must twice: UNHEALTHY", "must not: http … web", "must once: web UNHEALTHY"]
        {
            assert!(!broken(good), "{good}");
        }
        for bad in ["must: HEALTHY web", "must once: UNHEALTHY", "must not: web", "must 3 times: UNHEALTHY"] {
            assert!(broken(bad), "{bad}");
        }
        assert!(Must::parse("must perhaps: web").is_err());
        assert!(Must::parse("must: …").is_err());
    }
}
