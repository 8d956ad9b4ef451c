import LinuxIO

/// USB devices that carry a module, or a line to one.
enum KnownDevices {
    /// What a device is to us.
    enum Kind: Equatable {
        /// A module's own USB: its rate is nominal.
        case module
        /// A USB to serial adapter: anything may be behind it.
        case adapter
    }

    /// One entry; `product` nil: any of this vendor.
    struct Entry {
        var vendor: Int
        var product: Int?
        var kind: Kind
        var words: String
    }

    /// Sources: Linux `drivers/usb/serial` (`option.c`, `ftdi_sio_ids.h`, `ch341.c`, `cp210x.c`, `pl2303.h`); 19d1:0001 and
    /// 1286:4e3d as public drivers have them for Air780E, Air780EP and Air720.
    static let table: [Entry] = [
        Entry(vendor: 0x19D1, product: 0x0001, kind: .module, words: "Air780 series (EC618, EC718)"),
        Entry(vendor: 0x1286, product: 0x4E3D, kind: .module, words: "Air720 series"),
        Entry(vendor: 0x1782, product: 0x4E00, kind: .module, words: "Air724UG, Air722UG (RDA8910)"),
        Entry(vendor: 0x2C7C, product: nil, kind: .module, words: "Quectel"),
        Entry(vendor: 0x0403, product: nil, kind: .adapter, words: "FTDI adapter"),
        Entry(vendor: 0x1A86, product: nil, kind: .adapter, words: "WCH adapter (CH340 and others)"),
        Entry(vendor: 0x10C4, product: nil, kind: .adapter, words: "Silicon Labs adapter (CP210x)"),
        Entry(vendor: 0x067B, product: nil, kind: .adapter, words: "Prolific adapter (PL2303)"),
    ]

    /// What is known of a device.
    static func entry(_ usb: SerialDevices.USB?) -> Entry? {
        guard let usb else { return nil }
        return table.first { $0.vendor == usb.vendor && ($0.product == nil || $0.product == usb.product) }
    }
}
