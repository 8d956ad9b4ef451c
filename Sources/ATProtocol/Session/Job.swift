extension CommandSession {
    /// A command in flight.
    struct Job {
        /// How far it is.
        enum Stage: Equatable {
            /// The line is being written; nothing that comes can be its answer. Follows: prompt or final.
            case writingLine
            /// The line is out, data mode was asked for. Follows: writingData, or the end.
            case awaitingPrompt
            /// The data is being written. Follows: awaitingFinal.
            case writingData
            /// All is out. Follows: the end.
            case awaitingFinal
        }

        let command: ATCommand
        var stage = Stage.writingLine
        var lines: [[UInt8]] = []
        /// When the last byte is on the wire at the earliest, by the baud rate.
        private var sentBy: Duration
        var deadline: Duration
        /// An error that came while the data was still being written: told once it is out.
        var earlyFinal: CommandResult.Final?
        /// A sign that the module restarted, read while the data prompt was due: told when that is settled.
        var heldSign: Action?
        /// Whether its `OK` came, and another line is to follow.
        private(set) var sawOK = false
        /// Whether the module sent the command line back: its data comes back as well.
        var isEchoed = false
        /// How long what comes next may take.
        private var patience: Duration
        /// Whether a registration query has its answer: further lines of the kind are URCs.
        var hasRegistrationAnswer = false

        init(command: ATCommand, sentBy: Duration) {
            self.command = command
            self.sentBy = sentBy
            patience = command.timeout
            deadline = sentBy + command.timeout
        }

        var expectsPrompt: Bool { stage == .awaitingPrompt }

        /// Whether what comes may be the answer.
        var isAnswerable: Bool {
            switch stage {
            case .awaitingPrompt, .awaitingFinal: true
            case .writingLine, .writingData: false
            }
        }

        /// The kernel took the bytes; they may still be on their way at a low baud rate.
        mutating func written(now: Duration) {
            // A boot banner shortens what the prompt may take.
            var held: Duration?
            if case .urc? = heldSign { held = deadline }
            defer { if stage == .awaitingPrompt, let held { deadline = max(held, now) } }
            switch stage {
            case .writingLine: stage = command.data == nil ? .awaitingFinal : .awaitingPrompt
            case .writingData: stage = .awaitingFinal
            case .awaitingPrompt, .awaitingFinal: return
            }
            deadline = max(now, sentBy) + patience
        }

        /// Its `OK` came; the line that belongs to it comes by `end`.
        mutating func accepted(until end: Duration) {
            sawOK = true
            deadline = min(deadline, end)
        }

        /// The connection is gone that the data was for: an answer, if there is one, comes soon.
        mutating func connectionLost(now: Duration, grace: Duration) {
            patience = min(patience, grace)
            deadline = min(deadline, max(now, sentBy) + patience)
        }

        /// Whether it may be that a prompt is still to come, so that whatever is written now may become payload.
        var mayOpenData: Bool { command.data != nil && (stage == .writingLine || stage == .awaitingPrompt) }

        /// A sign that the module restarted. If it was printed before the command reached it, the prompt comes by `end`.
        mutating func hold(_ sign: Action, until end: Duration?) {
            heldSign = sign
            if let end { deadline = min(deadline, end) }
        }

        /// The prompt came and the data goes out.
        mutating func dataStarted(sentBy: Duration) {
            stage = .writingData
            self.sentBy = sentBy
            deadline = sentBy + patience
        }
    }
}
