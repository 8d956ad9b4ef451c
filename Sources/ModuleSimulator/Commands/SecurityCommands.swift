/// YM310 AT manual 9.7: SSLCFG, and what SSLMIPSTART makes of it.
extension SimulatedModule {
    mutating func securityReply(_ command: ParsedCommand) -> Reply? {
        switch (command.name, command.form) {
        case ("+SSLCFG", .test): return .ok
        case ("+SSLCFG", .set(let arguments)):
            guard (2...3).contains(arguments.count), let key = TLSContext.Key(rawValue: arguments[0].text),
                let number = arguments[1].number, TLSContext.identifiers.contains(number)
            else { return .error }
            let context = contexts[number] ?? TLSContext()
            guard arguments.count == 3 else {
                return .says("\(key.answer)\"\(key.rawValue)\",\(number),\(context.value(key))")
            }
            // A comma and nothing after it takes the value away.
            let isErased = arguments[2].isEmpty
            let value = key.checked(arguments[2])
            guard isErased || value != nil else { return .error }
            contexts[number, default: context].set(key, isErased ? nil : value)
            return .ok
        case ("+SSLCFG", _): return .error
        default: return nil
        }
    }

    /// Why a secure connection cannot even be tried.
    struct TLSProblem: Error, Equatable {
        var reason: String
    }

    /// What context 88 asks for at this moment.
    func tlsRequest(now: Duration) throws(TLSProblem) -> TLSRequest {
        let context = contexts[TLSContext.mqtt] ?? TLSContext()
        let level = context.number(.seclevel)
        let code = context.value(.ciphersuite)
        var request = TLSRequest(version: context.number(.sslversion), hostName: context.value(.hostname))
        request.suites = TLSContext.Suite.all.filter { code == "0XFFFF" || $0.code == code }.map(\.name)
        request.offersAll = options.offersAnySuite && code == "0XFFFF"
        if level >= 1 {
            guard let authorities = try tlsFile(context, .cacert, "CA") else {
                throw TLSProblem(reason: "no CA certificate is set")
            }
            request.authorities = authorities
            request.trustsAnyListed = context.number(.verifymode) == 1
            request.time = context.number(.ignorelocaltime) == 1 ? nil : clock.unix(now)
        }
        if level == 2 {
            // Without one the server is left to decide.
            request.certificate = try tlsFile(context, .clientcert, "client certificate")
            request.key = try tlsFile(context, .clientkey, "client key")
        }
        return request
    }

    /// The file a context names; nil when it names none.
    private func tlsFile(
        _ context: TLSContext, _ key: TLSContext.Key, _ what: String
    ) throws(TLSProblem) -> [UInt8]? {
        let given = context.value(key)
        guard !given.isEmpty else { return nil }
        guard let name = FlashFiles.name(ascii(given)), let content = flash.content(name) else {
            throw TLSProblem(reason: "the \(what) file \(escaped(ascii(given))) is not there")
        }
        return content
    }

    /// The longest a handshake may take.
    var negotiationLimit: Duration {
        .seconds((contexts[TLSContext.mqtt] ?? TLSContext()).number(.negotiatetimeout))
    }
}
