import MailFormat
import NodeProtocol

extension Submission.Composed {
    /// Whether a template, a frame or the variables make something of it.
    var isFilledIn: Bool { template != nil || usesMasterTemplate || fillsPlaceholders }
}

extension LinkWishes {
    /// What a submission asks for, as far as it can be had.
    ///
    /// A template that names `unsubscribe_url` has asked for the link by that.
    ///
    /// - Parameter links: nil when there is nothing to make links with: then none is the service's.
    init(_ composed: Submission.Composed, of submission: Submission, _ links: TrackingLinks?) {
        self.init()
        guard let links else { return }
        if composed.html != nil {
            tracksOpens = submission.tracking.opens
            tracksClicks = submission.tracking.clicks
        }
        addsListUnsubscribe = submission.offersUnsubscribe
        fillsUnsubscribe = submission.offersUnsubscribe || composed.isFilledIn
        addsUnsubscribeLink = submission.unsubscribe == .headersAndLink
        ownPrefixes = [TrackingLinks.openPath, TrackingLinks.clickPath, TrackingLinks.unsubscribePath]
            .map { links.base + $0 }
        maxTargetBytes = TrackingLinks.maxTargetBytes
    }

    var tracking: Submission.Tracking { Submission.Tracking(opens: tracksOpens, clicks: tracksClicks) }
}
