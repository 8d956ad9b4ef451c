package import Control

/// What one stage came to.
package struct Finding: Equatable, Sendable {
    /// How it went.
    package enum Outcome: String, Sendable {
        /// As it should be.
        case ok
        /// It works, or may; worth a look.
        case warning
        /// Nothing after it can work.
        case failed
        /// Nothing to look at, or not to be seen from here.
        case skipped
    }

    /// Which stage.
    package var stage: DoctorStage
    /// How it went.
    package var outcome: Outcome
    /// One line for people.
    package var text: String
    /// What was found, for scripts.
    package var facts: [JSONValue.Member]
    /// What may be wrong, the likeliest first.
    package var causes: [Cause]

    /// A finding.
    package init(
        _ stage: DoctorStage, _ outcome: Outcome, _ text: String, facts: [JSONValue.Member] = [], causes: [Cause] = []
    ) {
        self.stage = stage
        self.outcome = outcome
        self.text = text
        self.facts = facts
        self.causes = causes
    }

    /// One member of `--json`.
    package var json: JSONValue {
        .members([
            "stage": .text(stage.name), "outcome": .text(outcome.rawValue), "text": .text(text),
            "facts": .object(facts), "causes": .list(causes.map { .text($0.text) }),
            "next": .text(causes.first?.next),
        ])
    }
}

extension Finding {
    /// Nothing to say against it.
    static func ok(_ stage: DoctorStage, _ text: String, _ facts: [JSONValue.Member] = []) -> Finding {
        Finding(stage, .ok, text, facts: facts)
    }

    /// Not looked at.
    static func skipped(_ stage: DoctorStage, _ text: String) -> Finding { Finding(stage, .skipped, text) }

    /// Nothing after it can work.
    static func failed(
        _ stage: DoctorStage, _ text: String, _ causes: [Cause], facts: [JSONValue.Member] = []
    ) -> Finding {
        Finding(stage, .failed, text, facts: facts, causes: causes)
    }
}

extension JSONValue.Member {
    /// A text; null when there is none.
    static func text(_ name: String, _ text: String?) -> JSONValue.Member { .init(name: name, value: .text(text)) }
    /// A number; null when there is none.
    static func number(_ name: String, _ number: Int?) -> JSONValue.Member { .init(name: name, value: .number(number)) }
}

/// Something that may be wrong, and what to try next.
package struct Cause: Equatable, Sendable {
    /// What may be wrong.
    package var text: String
    /// What to do about it.
    package var next: String

    /// A cause.
    package init(_ text: String, try next: String) {
        self.text = text
        self.next = next
    }
}
