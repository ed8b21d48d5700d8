// SPDX-License-Identifier: GPL-2.0

//! What a guest said on its result port, step by step.

use guest_plan::frame::Frame;

/// What one step said and how it ended.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct StepOutput {
    /// The step's name.
    pub name: String,
    /// Its lines.
    pub lines: Vec<String>,
    /// Its exit status; `None` if the guest ended first.
    pub status: Option<i32>,
}

/// Steps so far.
#[derive(Debug, Default)]
pub struct Transcript {
    /// The steps that have begun.
    pub steps: Vec<StepOutput>,
    /// Whether the guest said that all are over.
    pub done: bool,
}

impl Transcript {
    /// Takes in one line of the port.
    pub fn add(&mut self, line: &str) {
        match Frame::parse(line) {
            Some(Frame::Begin(name)) => self.steps.push(StepOutput {
                name,
                ..StepOutput::default()
            }),
            Some(Frame::End(name, status)) => {
                if let Some(step) = self.open_step().filter(|step| step.name == name) {
                    step.status = Some(status);
                }
            }
            Some(Frame::Done) => self.done = true,
            None => {
                if let Some(step) = self.open_step() {
                    step.lines.push(line.to_owned());
                }
            }
        }
    }

    /// Name of the step that has begun and not ended.
    pub fn running(&self) -> Option<&str> {
        self.steps
            .last()
            .filter(|step| step.status.is_none())
            .map(|step| step.name.as_str())
    }

    fn open_step(&mut self) -> Option<&mut StepOutput> {
        self.steps.last_mut().filter(|step| step.status.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::Transcript;

    #[test]
    fn lines_belong_to_the_step_between_its_frames() {
        let mut transcript = Transcript::default();
        for line in [
            "noise",
            "@begin lock",
            "TAP version 13",
            "ok 1",
            "@end lock 0",
            "noise",
            "@begin work",
            "1..1",
        ] {
            transcript.add(line);
        }
        assert_eq!(transcript.running(), Some("work"));
        assert!(!transcript.done);
        assert_eq!(transcript.steps[0].lines, ["TAP version 13", "ok 1"]);
        assert_eq!(transcript.steps[0].status, Some(0));
        assert_eq!(
            (transcript.steps[1].lines.len(), transcript.steps[1].status),
            (1, None)
        );
        transcript.add("@done");
        assert!(transcript.done);
    }
}
