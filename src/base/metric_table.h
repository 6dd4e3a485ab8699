/* metric_table: every metric, one row each: what it is called here, its kind, its name for
 * Prometheus, the names of its labels (separated by spaces), and its help.
 */
#ifndef MOX_BASE_METRIC_TABLE_H
#define MOX_BASE_METRIC_TABLE_H

/* clang-format off */
#define METRIC_TABLE(X) \
	/* everywhere */ \
	X(PANIC, COUNTER, "mox_panic_total", "pkg", \
		"Roles that died, by role.") \
	X(AUTHENTICATION, COUNTER, "mox_authentication_total", "kind variant result", \
		"Authentication attempts and results.") \
	X(AUTHENTICATION_RATELIMITED, COUNTER, "mox_authentication_ratelimited_total", "kind", \
		"Authentication attempts refused because of too many failures.") \
	X(CONNECTIONS, GAUGE, "mox_connections_count", "", \
		"Open connections.") \
	X(LOG_ERROR, COUNTER, "mox_logging_level_error_total", "pkg", \
		"Lines logged at level error.") \
	/* SMTP */ \
	X(SMTPD_CONNECTION, COUNTER, "mox_smtpserver_connection_total", "kind", \
		"Incoming SMTP connections.") \
	X(SMTPD_COMMAND, HISTOGRAM, "mox_smtpserver_command_duration_seconds", \
		"kind cmd code ecode", \
		"SMTP server command duration and result codes.") \
	X(SMTPD_DELIVERY, COUNTER, "mox_smtpserver_delivery_total", "result reason", \
		"SMTP incoming message delivery, by result and reason.") \
	X(SMTPD_SUBMISSION, COUNTER, "mox_smtpserver_submission_total", "result", \
		"SMTP incoming message submission.") \
	X(SMTPD_ERRORS, COUNTER, "mox_smtpserver_errors_total", "error", \
		"SMTP server errors.") \
	X(SMTPD_STARTTLS, COUNTER, "mox_smtpserver_delivery_starttls_total", "", \
		"STARTTLS handshakes begun for deliveries.") \
	X(SMTPD_STARTTLS_ERRORS, COUNTER, "mox_smtpserver_delivery_starttls_errors_total", \
		"reason", \
		"STARTTLS handshakes that failed.") \
	X(SMTPC_COMMAND, HISTOGRAM, "mox_smtpclient_command_duration_seconds", \
		"cmd code secode", \
		"SMTP client command duration and result codes.") \
	/* IMAP */ \
	X(IMAPD_CONNECTION, COUNTER, "mox_imap_connection_total", "service", \
		"Incoming IMAP connections.") \
	X(IMAPD_COMMAND, HISTOGRAM, "mox_imap_command_duration_seconds", "cmd result", \
		"IMAP command duration and result.") \
	/* queue */ \
	X(QUEUE_CONNECTION, COUNTER, "mox_queue_connection_total", "result", \
		"Outgoing connections for deliveries.") \
	X(QUEUE_DELIVERY, HISTOGRAM, "mox_queue_delivery_duration_seconds", \
		"attempt transport tlsmode result", \
		"Delivery attempts from the queue.") \
	X(QUEUE_DESTINATIONS, COUNTER, "mox_queue_destinations_total", "", \
		"Delivery destinations looked up.") \
	X(QUEUE_DESTINATIONS_AUTHENTIC, COUNTER, "mox_queue_destinations_authentic_total", "", \
		"Destinations of which all DNS records were authentic.") \
	X(QUEUE_DANE_REQUIRED, COUNTER, "mox_queue_destination_dane_required_total", "", \
		"Connections for which DANE was required.") \
	X(QUEUE_PLAINTEXT_FALLBACK, COUNTER, "mox_queue_plaintext_fallback_total", "", \
		"Deliveries in plain text after STARTTLS failed.") \
	X(QUEUE_HOLD, GAUGE, "mox_queue_hold", "", \
		"Messages in the queue that are on hold.") \
	/* verification */ \
	X(DKIM_SIGN, COUNTER, "mox_dkim_sign_total", "key", \
		"DKIM signatures made.") \
	X(DKIM_VERIFY, HISTOGRAM, "mox_dkim_verify_duration_seconds", "algorithm status", \
		"DKIM verification, by algorithm and status.") \
	X(SPF_VERIFY, HISTOGRAM, "mox_spf_verify_duration_seconds", "status", \
		"SPF verification, by status.") \
	X(DMARC_VERIFY, HISTOGRAM, "mox_dmarc_verify_duration_seconds", "status reject use", \
		"DMARC verification, by status, whether to reject, and whether to use.") \
	X(IPREV_LOOKUP, HISTOGRAM, "mox_iprev_lookup_total", "status", \
		"Reverse IP lookups.") \
	X(DNS_LOOKUP, HISTOGRAM, "mox_dns_lookup_duration_seconds", "pkg type result", \
		"DNS lookups, by the role that asks.") \
	X(DNS_QUESTIONS, COUNTER, "mox_dns_questions_total", "result", \
		"Questions to the resolver: cached, so not asked; asked; merged with one in flight; refused, too many in flight.") \
	X(DNS_IN_FLIGHT, GAUGE, "mox_dns_in_flight", "", \
		"Questions to the resolver that are worked on.") \
	X(DNSBL_LOOKUP, HISTOGRAM, "mox_dnsbl_lookup_duration_seconds", "zone status", \
		"DNS block list lookups.") \
	X(SUBJECTPASS_VERIFY, COUNTER, "mox_subjectpass_verify_total", "result", \
		"Subject passes verified.") \
	X(SUBJECTPASS_GENERATE, COUNTER, "mox_subjectpass_generate_total", "", \
		"Subject passes generated.") \
	/* web */ \
	X(AUTOCONF_REQUEST, COUNTER, "mox_autoconf_request_total", "domain", \
		"Autoconfiguration requests.") \
	X(HTTPD_REQUEST, HISTOGRAM, "mox_httpserver_request_duration_seconds", \
		"handler proto method code", \
		"HTTP requests, until the answer begins.") \
	X(HTTPD_RESPONSE, HISTOGRAM, "mox_httpserver_response_duration_seconds", \
		"handler proto method code", \
		"HTTP requests, until the answer ends.")
/* clang-format on */

#endif
