/// Why a network refuses a mobile: the numbers of 3GPP TS 24.301 Annex A (EMM) and TS 24.008 10.5.5.14 (GMM), which are the
/// same where both have them. `AT+CEREG=3` shows them (YM310 AT manual 5.4).
struct RejectCause {
    /// What the standard calls it, in plain words.
    var words: String
    /// What is likely behind it.
    var causes: [Cause]

    /// By number.
    static let known: [Int: RejectCause] = [
        2: .init(words: "the network does not know this SIM", causes: [.unpaid]),
        3: .init(words: "illegal mobile: the SIM is blocked", causes: [.unpaid, .boundCard]),
        5: .init(words: "this IMEI is not accepted", causes: [.boundCard]),
        6: .init(words: "illegal device", causes: [.boundCard]),
        7: .init(words: "no data services for this SIM", causes: [.unpaid, .noData]),
        8: .init(words: "no services at all for this SIM", causes: [.unpaid]),
        9: .init(words: "the network has lost this mobile's identity", causes: [.weather]),
        10: .init(words: "the network has detached it", causes: [.weather]),
        11: .init(words: "this network is not allowed", causes: [.boundPlace, .unpaid]),
        12: .init(words: "this tracking area is not allowed", causes: [.boundPlace]),
        13: .init(words: "no roaming in this tracking area", causes: [.boundPlace]),
        14: .init(words: "no data services in this network", causes: [.boundPlace, .noData]),
        15: .init(words: "no suitable cell in this tracking area", causes: [.unpaid, .boundPlace, .coverage]),
        16: .init(words: "the exchange is not reachable for now", causes: [.weather]),
        17: .init(words: "a failure of the network", causes: [.weather]),
        19: .init(words: "the data connection was refused", causes: [.privateAPN, .noData]),
        20: .init(words: "the SIM's authentication failed (MAC)", causes: [.cardContact, .unpaid]),
        21: .init(words: "the SIM's authentication failed (synchronisation)", causes: [.weather, .cardContact]),
        22: .init(words: "the network is congested", causes: [.weather]),
        25: .init(words: "not allowed in this closed group", causes: [.boundPlace]),
        31: .init(words: "redirected to a 5G core", causes: [.boundPlace]),
        35: .init(words: "the service is not in the contract", causes: [.noData, .unpaid]),
        40: .init(words: "no bearer is active", causes: [.privateAPN, .weather]),
        42: .init(words: "a severe failure of the network", causes: [.weather]),
    ]
}
