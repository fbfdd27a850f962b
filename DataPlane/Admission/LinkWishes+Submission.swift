import MailFormat
import NodeProtocol
import Templates

extension Submission.Composed {
    /// Whether a template, a frame or the variables make something of it.
    var isFilledIn: Bool { template != nil || usesMasterTemplate || fillsPlaceholders }
}

extension MessageTemplate.Filled {
    /// Whether a body has the place of the link to unsubscribe at.
    fileprivate var namesUnsubscribe: Bool {
        [html, text].contains { $0?.contains(LinkWishes.unsubscribePlaceholder) == true }
    }
}

extension LinkWishes {
    /// What a submission asks for, as far as it can be had.
    ///
    /// A template that names `unsubscribe_url` has asked for the link by that.
    ///
    /// - Parameters:
    ///   - parts: the message's subject and bodies.
    ///   - isFilledIn: whether something was made of them.
    ///   - stream: of the message, whoever chose it.
    ///   - links: nil when there is nothing to make links with: then none is the service's.
    init(
        _ parts: MessageTemplate.Filled, isFilledIn: Bool, of submission: Submission,
        stream: Submission.Stream, _ links: TrackingLinks?
    ) {
        self.init()
        guard let links else { return }
        if parts.html != nil {
            tracksOpens = submission.tracking.opens
            tracksClicks = submission.tracking.clicks
        }
        switch submission.unsubscribe {
        case .none: addsListUnsubscribe = false
        case .headersIfBulkOrNamed: addsListUnsubscribe = stream == .bulk || parts.namesUnsubscribe
        case .headers, .headersAndLink: addsListUnsubscribe = true
        }
        fillsUnsubscribe = addsListUnsubscribe || isFilledIn
        addsUnsubscribeLink = submission.unsubscribe == .headersAndLink
        ownPrefixes = [TrackingLinks.openPath, TrackingLinks.clickPath, TrackingLinks.unsubscribePath]
            .map { links.base + $0 }
        maxTargetBytes = TrackingLinks.maxTargetBytes
    }

    var tracking: Submission.Tracking { Submission.Tracking(opens: tracksOpens, clicks: tracksClicks) }
}
