/// FNV-1a, 64 bits: tells payloads apart, cheaply and the same in every run. It is no protection against somebody who
/// builds a collision; all such a person gains is that a message of their own is taken for a repeat.
func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return hash
}
