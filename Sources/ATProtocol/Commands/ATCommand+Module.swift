/// Commands about the module itself: YM310 AT manual chapters 2 to 4.
extension ATCommand {
    /// `AT`: is anybody there. YM310 AT manual 1.3.
    public static var at: ATCommand { ATCommand("AT") }

    /// `ATE0`: no echo from now on. Echoed itself once. YM310 AT manual 1.3.1.
    public static var ate0: ATCommand { ATCommand("ATE0") }

    /// `AT+CMEE=n`: how errors are told; 0 bare, 1 numbers, 2 words. YM310 AT manual 3.11.
    public static func cmee(_ mode: Int) -> ATCommand { ATCommand("AT+CMEE=\(mode)") }

    /// `AT+CMEE?`: answers `+CMEE :n`. YM310 AT manual 3.11.
    public static var cmeeQuery: ATCommand { ATCommand("AT+CMEE?", prefixes: ["+CMEE"]) }

    /// `ATI`: product and firmware.
    public static var ati: ATCommand { ATCommand("ATI", takesFreeText: true) }

    /// `AT+CGMR`: firmware version. YM310 AT manual 2.3.
    public static var cgmr: ATCommand { ATCommand("AT+CGMR", prefixes: ["+CGMR"], takesFreeText: true) }

    /// `AT+CGSN`: the module's serial number (IMEI). YM310 AT manual 2.4.
    public static var cgsn: ATCommand { ATCommand("AT+CGSN", prefixes: ["+CGSN"], takesFreeText: true) }

    /// `AT+ICCID`: the card's number. YM310 AT manual 2.5.
    public static var iccid: ATCommand { ATCommand("AT+ICCID", prefixes: ["+ICCID"], takesFreeText: true) }

    /// `AT+CIMI`: the subscriber's number (IMSI). YM310 AT manual 2.6.
    public static var cimi: ATCommand { ATCommand("AT+CIMI", prefixes: ["+CIMI"], takesFreeText: true) }

    /// `AT+RESET`: restarts the module. YM310 AT manual 2.9.
    public static var reset: ATCommand { ATCommand("AT+RESET") }

    /// `AT+CFUN=n`: 0 radio off, 1 full function. YM310 AT manual 4.1.
    public static func cfun(_ function: Int) -> ATCommand {
        ATCommand("AT+CFUN=\(function)", timeout: .seconds(45))
    }

    /// `AT+CPIN?`: what the card waits for. YM310 AT manual 4.3; for the limit see `queryTimeout`.
    public static var cpinQuery: ATCommand {
        ATCommand("AT+CPIN?", timeout: queryTimeout, prefixes: ["+CPIN"])
    }

    /// `AT+CPIN="…"`: enters the PIN, 4 to 8 digits. YM310 AT manual 4.3.
    public static func cpin(_ pin: String) throws(ATEncodingError) -> ATCommand {
        let digits = Array(pin.utf8)
        guard digits.count >= 4, digits.count <= 8 else {
            throw .outOfRange(field: "number of PIN digits", value: digits.count, allowed: 4...8)
        }
        guard digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { throw .notDigits(field: "PIN") }
        return ATCommand(
            "AT+CPIN=\"\(pin)\"", timeout: .seconds(180), prefixes: ["+CPIN"], redacted: "AT+CPIN=\"***\"")
    }

    /// `AT+IPR=n`, with `;&W` when it is to survive a restart. YM310 AT manual 4.6.
    public static func ipr(_ baud: Int, save: Bool = true) -> ATCommand {
        ATCommand("AT+IPR=\(baud)" + (save ? ";&W" : ""))
    }

    /// `AT+IPR?`: answers `+IPR: n`. YM310 AT manual 4.6.
    public static var iprQuery: ATCommand { ATCommand("AT+IPR?", prefixes: ["+IPR"]) }

    /// `AT+IFC=a,b`: flow control each way; 0 none, 2 RTS/CTS; takes effect after a restart when saved.
    /// YM310 AT manual 4.9.
    public static func ifc(_ fromModule: Int, _ toModule: Int, save: Bool = false) -> ATCommand {
        ATCommand("AT+IFC=\(fromModule),\(toModule)" + (save ? ";&W" : ""))
    }

    /// `AT+IFC?`: answers `+IFC: a,b`. YM310 AT manual 4.9.
    public static var ifcQuery: ATCommand { ATCommand("AT+IFC?", prefixes: ["+IFC"]) }
}
