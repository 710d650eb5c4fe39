#if canImport(Security)
  import Foundation
  import Security

  /// A token in the keychain of the device: there after a restart, once the device was unlocked, and in no backup.
  public struct KeychainToken: TokenProvider {
    private let service: String
    private let account: String
    private let renew: @Sendable () async throws -> String

    /// Of a user of a service.
    ///
    /// - Parameter renew: gets a token where there is none, or where the server has refused the one that there is.
    public init(service: String, account: String, renew: @escaping @Sendable () async throws -> String) {
      self.service = service
      self.account = account
      self.renew = renew
    }

    /// The token that is kept, or a new one.
    public func token(refresh: Bool) async throws -> String {
      if !refresh, let kept = try read() { return kept }
      let token = try await renew()
      try save(token)
      return token
    }

    /// Keeps a token in the place of the last one.
    public func save(_ token: String) throws {
      try remove()
      var item = query
      item[kSecValueData as String] = Data(token.utf8)
      item[kSecAttrAccessible as String] = kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly
      try check(SecItemAdd(item as CFDictionary, nil))
    }

    /// Forgets the token: whoever signs out calls this.
    public func remove() throws {
      let status = SecItemDelete(query as CFDictionary)
      if status != errSecItemNotFound { try check(status) }
    }

    private func read() throws -> String? {
      var question = query
      question[kSecReturnData as String] = true
      question[kSecMatchLimit as String] = kSecMatchLimitOne
      var answer: CFTypeRef?
      let status = SecItemCopyMatching(question as CFDictionary, &answer)
      if status == errSecItemNotFound { return nil }
      try check(status)
      return (answer as? Data).map { String(decoding: $0, as: UTF8.self) }
    }

    private var query: [String: Any] {
      [
        kSecClass as String: kSecClassGenericPassword,
        kSecAttrService as String: service,
        kSecAttrAccount as String: account,
      ]
    }

    private func check(_ status: OSStatus) throws {
      guard status == errSecSuccess else { throw KeychainFailure(status: status) }
    }
  }

  /// What the keychain says when it does not do what it is asked.
  public struct KeychainFailure: LocalizedError {
    /// As `Security` has it.
    public let status: OSStatus

    /// For people.
    public var errorDescription: String? { "The keychain cannot be used now (\(status))." }
  }
#endif
