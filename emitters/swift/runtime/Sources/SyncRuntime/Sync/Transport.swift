import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// What carries requests to the server. The default is ``URLSessionTransport``; a test may bring its own.
public protocol SyncTransport: Sendable {
  /// Sends a request, and gives its answer whole.
  ///
  /// - Throws: whatever kept an answer from coming. A status of 400 or more is an answer.
  func send(_ request: TransportRequest) async throws -> TransportAnswer

  /// Sends a request, and gives its answer piece by piece as it comes: first the status, then bytes.
  func stream(_ request: TransportRequest) -> AsyncThrowingStream<StreamPiece, any Error>
}

/// A request to the server.
public struct TransportRequest: Sendable {
  /// `GET` or `POST`.
  public let method: String
  /// The whole address.
  public let url: URL
  /// By name.
  public var headers: [String: String]
  /// JSON.
  public var body: Data?

  /// Of its parts.
  public init(method: String, url: URL, headers: [String: String] = [:], body: Data? = nil) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }
}

/// The server's answer.
public struct TransportAnswer: Sendable {
  /// As HTTP has it.
  public let status: Int
  /// From the header `Retry-After`, in seconds.
  public let retryAfter: Double?
  /// JSON.
  public let body: Data

  /// Of its parts.
  public init(status: Int, retryAfter: Double? = nil, body: Data = Data()) {
    self.status = status
    self.retryAfter = retryAfter
    self.body = body
  }
}

/// A piece of an answer that goes on.
public enum StreamPiece: Sendable {
  /// The server has answered with this status.
  case status(Int)
  /// Some bytes of the body.
  case bytes(Data)
}

/// HTTP by Foundation, on every platform through the same delegate.
public final class URLSessionTransport: SyncTransport {
  /// The server sends a ping every 20 seconds; a stream silent for longer than this is dead.
  static let silence: TimeInterval = 45

  /// Without caches or cookies.
  public init() {}

  /// Sends a request, and gives its answer whole.
  public func send(_ request: TransportRequest) async throws -> TransportAnswer {
    #if canImport(FoundationNetworking)
      // Foundation on Linux ends the process, or never answers, where a request is cancelled that has just begun. So it runs to
      // its end, and whoever is cancelled goes on without it.
      let (answers, continuation) = AsyncThrowingStream<TransportAnswer, any Error>.makeStream()
      Task {
        do {
          continuation.yield(try await Self.answer(to: request))
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      for try await answer in answers { return answer }
      throw CancellationError()
    #else
      return try await Self.answer(to: request)
    #endif
  }

  private static func answer(to request: TransportRequest) async throws -> TransportAnswer {
    let (data, response) = try await URLSession.shared.data(for: urlRequest(request, timeout: 30))
    guard let response = response as? HTTPURLResponse else { throw URLError(.badServerResponse) }
    let retryAfter = response.value(forHTTPHeaderField: "Retry-After").flatMap { Double($0) }
    return TransportAnswer(status: response.statusCode, retryAfter: retryAfter, body: data)
  }

  /// Sends a request, and gives its answer piece by piece.
  public func stream(_ request: TransportRequest) -> AsyncThrowingStream<StreamPiece, any Error> {
    AsyncThrowingStream { continuation in
      let session = URLSession(
        configuration: .ephemeral, delegate: StreamDelegate(continuation), delegateQueue: nil)
      let task = session.dataTask(with: Self.urlRequest(request, timeout: Self.silence))
      continuation.onTermination = { _ in
        task.cancel()
        session.invalidateAndCancel()
      }
      task.resume()
    }
  }

  private static func urlRequest(_ request: TransportRequest, timeout: TimeInterval) -> URLRequest {
    var out = URLRequest(url: request.url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: timeout)
    out.httpMethod = request.method
    out.httpBody = request.body
    for (name, value) in request.headers {
      out.setValue(value, forHTTPHeaderField: name)
    }
    return out
  }
}

/// Hands over what comes, in the order of coming.
private final class StreamDelegate: NSObject, URLSessionDataDelegate, Sendable {
  private let continuation: AsyncThrowingStream<StreamPiece, any Error>.Continuation

  init(_ continuation: AsyncThrowingStream<StreamPiece, any Error>.Continuation) {
    self.continuation = continuation
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    continuation.yield(.status((response as? HTTPURLResponse)?.statusCode ?? 0))
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    continuation.yield(.bytes(data))
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    continuation.finish(throwing: error)
  }
}
