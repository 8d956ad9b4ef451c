import COpenSSL

/// Digests.
public enum Digest {
    /// SHA-256, 32 bytes; nil only when OpenSSL has no SHA-256.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8]? {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        // SAFETY: both arrays outlive the call; the digest has room for the longest there is.
        let isDone = unsafe bytes.withUnsafeBytes { input in
            unsafe digest.withUnsafeMutableBufferPointer { output in
                unsafe EVP_Digest(input.baseAddress, input.count, output.baseAddress, &length, EVP_sha256(), nil)
            }
        }
        return isDone == 1 && length == 32 ? Array(digest.prefix(32)) : nil
    }

    /// Lower-case hexadecimal digits.
    public static func text(_ digest: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
