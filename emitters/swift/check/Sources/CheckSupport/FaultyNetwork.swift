import Foundation
import SyncRuntime

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The real network with faults that a test puts in.
public final class FaultyNetwork: SyncTransport, @unchecked Sendable {
  private let real = URLSessionTransport()
  private let lock = NSLock()
  private var isOff = false
  private var lostAnswers = 0
  private var hasStreams = true
  private var garble: (@Sendable (String) -> String)?

  /// Without faults.
  public init() {}

  /// Takes the network away, or gives it back.
  public func turn(off: Bool) { lock.withLock { isOff = off } }

  /// Lets so many batches reach the server, and loses its answers.
  public func loseAnswers(_ count: Int) { lock.withLock { lostAnswers = count } }

  /// Lets no stream through.
  public func forbidStreams() { lock.withLock { hasStreams = false } }

  /// Changes every batch on its way.
  public func garble(_ change: @escaping @Sendable (String) -> String) { lock.withLock { garble = change } }

  /// Sends a request, if the network is there.
  public func send(_ request: TransportRequest) async throws -> TransportAnswer {
    let (isOff, garble) = lock.withLock { (self.isOff, self.garble) }
    if isOff { throw URLError(.notConnectedToInternet) }
    var request = request
    if let garble, let body = request.body { request.body = Data(garble(String(decoding: body, as: UTF8.self)).utf8) }
    let answer = try await real.send(request)
    let isLost = lock.withLock {
      guard request.method == "POST", lostAnswers > 0 else { return false }
      lostAnswers -= 1
      return true
    }
    if isLost { throw URLError(.networkConnectionLost) }
    return answer
  }

  /// Follows a stream, for as long as the network is there.
  public func stream(_ request: TransportRequest) -> AsyncThrowingStream<StreamPiece, any Error> {
    guard lock.withLock({ hasStreams && !isOff }) else {
      return AsyncThrowingStream { $0.finish(throwing: URLError(.cannotConnectToHost)) }
    }
    let pieces = real.stream(request)
    return AsyncThrowingStream { continuation in
      let task = Task {
        do {
          for try await piece in pieces {
            // Off in the middle of a stream is the end of it.
            if self.lock.withLock({ self.isOff }) { throw URLError(.networkConnectionLost) }
            continuation.yield(piece)
          }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }
}
