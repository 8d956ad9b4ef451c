/// What goes wrong between a module and a broker: the manuals' own advice, and that of the field evidence.
extension Cause {
    // MARK: The line

    /// One of several ports of a module, or one of another device.
    static let wrongPort = Cause(
        "another port than the module's AT port: a module on USB has several, and only some answer AT",
        try: "cellbridge probe, which finds the port and the rate")
    /// Field evidence: 90 s of `AT` before giving up on a module (module-behaviour 2).
    static let noPower = Cause(
        "the module has no power, is still booting, or is asleep",
        try: "look at its power and its status light; wait a minute and a half after power-on, then run it again")
    /// TX and RX of two boards.
    static let wiring = Cause(
        "TX and RX are not crossed, or ground is missing",
        try: "TX to RX, RX to TX, ground to ground; 3.3 V or 1.8 V levels")
    /// A module that repeats its boot banner browns out (module-behaviour 2).
    static let supply = Cause(
        "the supply voltage falls when the module sends, and it restarts",
        try: "a stronger supply, a big capacitor next to the module, a shorter cable")

    // MARK: The card

    /// Air780E guide, example: `+CME ERROR: 10`, the card is seen only after a reset.
    static let cardNotSeen = Cause(
        "the SIM is not in, or not the right way round; one put in later is seen only after a restart",
        try: "take the module off power, seat the SIM again, switch it on")
    static let cardContact = Cause(
        "the SIM's contacts are dirty, its holder is worn, or it is for another voltage",
        try: "try the SIM in a phone, and another SIM in the module")
    /// Air780E guide, FAQ 1.4; Air724UG guide 5: unpaid, a 4G module finds no LTE network though perhaps a 2G one.
    static let unpaid = Cause(
        "the SIM is not paid for or not active: a 4G module then often finds no LTE network",
        try: "ask the operator whether it is active and has data, or try it in a phone")
    /// EMM causes 5 and 6 (3GPP TS 24.301 Annex A).
    static let boundCard = Cause(
        "an IoT SIM that is bound to another device",
        try: "ask the operator to release it, or to bind it to this module's IMEI")
    /// A tariff for one region.
    static let boundPlace = Cause(
        "an IoT SIM that may be used in one region or network only", try: "ask the operator where it may be used")

    // MARK: The air

    /// YM310 AT manual 5.3, example: no antenna, no registration.
    static let antenna = Cause(
        "the antenna is loose, missing, at the wrong connector, or shielded by a metal box",
        try: "seat the antenna, try another one, put it outside or at a window")
    static let coverage = Cause(
        "no coverage of this operator here, or its bands are not the module's",
        try: "try the SIM in a phone at the same place; another operator's SIM")
    static let weather = Cause("the network is busy or disturbed", try: "wait some minutes, then run it again")
    /// YM310 AT manual 5.6.
    static let deregistered = Cause(
        "the module was told to leave the network (AT+COPS=2)", try: "cellbridge at AT+COPS=0 --force")

    // MARK: Packets

    /// YM310 AT manual 9.3: `AT+CPNETAPN` for private networks.
    static let privateAPN = Cause(
        "a SIM for a private network or with addresses of its own needs its APN, mostly with user and password",
        try: "ask the operator for APN, user, password and kind of authentication: [module] apn")
    static let noData = Cause("the SIM has no data, or no more of it", try: "ask the operator what the tariff has left")
    /// Air780E guide, FAQ 5 and 6.
    static let stuckContext = Cause(
        "the module's own PDP context hangs",
        try: "cellbridge at AT+CFUN=0 AT+CFUN=1 --force; if that does not help take the module off power")

    // MARK: The broker

    /// Air780E guide, FAQ 1.1: only what is on the public internet can be reached.
    static let notPublic = Cause(
        "the broker is not on the public internet: an address of a home or company network cannot be reached",
        try: "a public name or address, or a SIM of the network that the broker is in")
    /// Air780E guide, FAQ 1.2: try from elsewhere.
    static func brokerDown(_ host: String, _ port: Int, tls: Bool) -> Cause {
        Cause(
            "the broker is down, the port is another, or a firewall is in between",
            try:
                "from elsewhere, not this network: mosquitto_sub -h \(host) -p \(port)\(tls ? " --capath /etc/ssl/certs" : "") -t x -d"
        )
    }
    static let wrongName = Cause(
        "the name is misspelt, or known only inside a network of one's own",
        try: "host NAME on another machine; or the address in place of the name: [remote] host")
    static let networkDNS = Cause(
        "the mobile network's name server does not answer: a private APN often has none",
        try: "the broker's address in place of its name: [remote] host")
    static let tlsPort = Cause(
        "the port is one for TLS", try: "[remote] tls, or the broker's plain port (1883)")
    static let plainPort = Cause("the port is one without TLS", try: "the broker's port for TLS, mostly 8883")
    /// Air780E guide, FAQ 11: six suites, all with RSA key exchange.
    static let suites = Cause(
        "the broker offers none of the module's six suites (RSA key exchange, TLS 1.2 at most; no ECDHE)",
        try: "from elsewhere: openssl s_client -connect HOST:PORT -tls1_2 -cipher AES128-SHA256:AES256-SHA:AES128-SHA")
    /// YM310 AT manual 9.7, `ignorelocaltime`.
    static let moduleClock = Cause(
        "the module's clock is wrong, so that certificates are not valid yet or no more",
        try: "cellbridge at 'AT+CCLK?'; it is set from the network or from this host's clock, if that is right")
    static let wrongCertificates = Cause(
        "the CA is not the broker's, or the broker does not take the client certificate",
        try: "cellbridge certs verify")
    /// The module tells no CONNACK code (module-behaviour 3).
    static let credentials = Cause(
        "user, password or client id are not what the broker wants; the module does not say which",
        try: "from elsewhere: mosquitto_sub -i CLIENT_ID -u USER -P … -h HOST -p PORT -t x")
    /// CONNACK has a reason code there.
    static let ownCredentials = Cause(
        "user, password or client id are not what the broker wants",
        try: "from elsewhere: mosquitto_sub -V 5 -i CLIENT_ID -u USER -P … -h HOST -p PORT -t x; the broker's log")
    static let boundClientID = Cause(
        "the broker takes known client ids only: doctor connects as <client_id>-cli",
        try: "stop the service and give --same-id")
    static let sameClientID = Cause(
        "another client has the same client id: the broker drops the older one",
        try: "a client id of its own for each client")
    static let slowBroker = Cause(
        "the broker or the link is slower than [remote] ack_timeout", try: "a longer [remote] ack_timeout")
    static let topicRights = Cause(
        "this client may not publish or not subscribe to the topic; a broker says so of neither",
        try: "rights for it at the broker, or another topic: --topic")

    /// MQTT 5 has reason codes for it.
    static let ownTopicRights = Cause(
        "this client may not publish or not subscribe to the topic",
        try: "rights for it at the broker, or another topic: --topic")

    // MARK: The configuration

    /// Air780E guide, example of CONNECT FAIL: full-width punctuation in a command.
    static func fullWidth(_ key: String, _ character: Character) -> Cause {
        Cause(
            "\(key) has a full-width or typographic character in it: \(character)",
            try: "type it again with a plain keyboard: quotes, commas, dots and colons of ASCII")
    }
}
