import Control

/// The SIM and its PIN.
enum CardChecks {
    /// What `AT+CPIN?` says (YM310 AT manual 4.3).
    enum Status: Equatable {
        case ready
        /// Busy after boot: ask again (module-behaviour 2).
        case busy
        case wantsPIN
        case bad(Finding)
    }

    /// What may be done about a card that asks for its PIN.
    enum PIN: Equatable {
        /// None is configured.
        case missing
        /// One is; it was not sent yet.
        case known
        /// It was refused, now or at an earlier start.
        case refused
        /// It was taken.
        case taken
    }

    /// The answer to `AT+CPIN?`.
    static func status(_ answer: Answer) -> Status {
        if answer.isSuccess {
            let word = answer.value ?? ""
            if word.hasPrefix("READY") { return .ready }
            if word == "SIM PIN" { return .wantsPIN }
            if word.hasPrefix("SIM REMOVED") || word.hasPrefix("NOT INSERTED") { return .bad(noCard) }
            return .bad(locked(word))
        }
        return switch answer.code {
        case 10: .bad(noCard)
        case 11: .wantsPIN
        case 12: .bad(locked("SIM PUK"))
        case 14: .busy
        case 13, 15:
            .bad(.failed(.card, "the SIM does not work (\(answer.final))", [.cardContact, .cardNotSeen]))
        default: .bad(.failed(.card, "AT+CPIN? was answered \(answer.final)", [.cardContact, .cardNotSeen]))
        }
    }

    private static var noCard: Finding { .failed(.card, "no SIM is seen", [.cardNotSeen, .cardContact]) }

    private static func locked(_ word: String) -> Finding {
        .failed(
            .card, "the SIM is locked (\(word.isEmpty ? "no word why" : word))",
            [
                Cause(
                    "three wrong PINs, or a lock of the operator", try: "unlock it in a phone; the PUK is on its papers"
                )
            ],
            facts: [.text("state", word)])
    }

    /// A card that asks for its PIN, and cannot have it.
    static func pin(_ state: PIN) -> Finding {
        switch state {
        case .missing:
            .failed(
                .card, "the SIM asks for its PIN",
                [Cause("no PIN is configured", try: "[module] pin_file; or take the PIN off the SIM in a phone")],
                facts: [.text("state", "SIM PIN")])
        case .known, .refused:
            .failed(
                .card, "the SIM refused the PIN of [module] pin_file",
                [
                    Cause(
                        "the file holds another PIN; three wrong ones lock the SIM, so it is not sent again",
                        try: "put the right PIN into the file: a changed file is sent once")
                ], facts: [.text("state", "SIM PIN")])
        case .taken: .failed(.card, "the SIM took its PIN and does not get ready", [.cardContact])
        }
    }

    /// A PIN whose refusal could not be remembered.
    static func pinNotSent(_ reason: String) -> Finding {
        .failed(
            .card, "the SIM asks for its PIN, which is not sent: \(reason)",
            [
                Cause(
                    "a refused PIN has to be remembered in the state directory, since three of them lock the SIM",
                    try: "run it as root or the service's user")
            ], facts: [.text("state", "SIM PIN")])
    }

    /// A card that stays busy.
    static var stillBusy: Finding { .failed(.card, "the SIM stays busy", [.cardContact, .supply]) }

    /// A card that is ready.
    static func ready(iccid: Answer, imsi: Answer) -> Finding {
        let (card, subscriber) = (iccid.isSuccess ? iccid.value : nil, imsi.isSuccess ? imsi.value : nil)
        let words = ["ready", card.map { "ICCID \($0)" }, subscriber.map { "IMSI \($0)" }]
        return .ok(
            .card, words.compactMap(\.self).joined(separator: ", "),
            [.text("state", "READY"), .text("iccid", card), .text("imsi", subscriber)])
    }
}
