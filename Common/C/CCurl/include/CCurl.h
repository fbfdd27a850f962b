// libcurl, and one typed function for each of its variadic calls, which Swift cannot import.
#pragma once
#include <curl/curl.h>

CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value);
CURLcode ccurl_set_offset(CURL *easy, CURLoption option, curl_off_t value);
CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value);
CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, void *value);
CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value);
CURLcode ccurl_set_write_function(CURL *easy, size_t (*function)(char *, size_t, size_t, void *));
CURLcode ccurl_set_header_function(CURL *easy, size_t (*function)(char *, size_t, size_t, void *));
CURLcode ccurl_set_open_socket_function(
    CURL *easy, curl_socket_t (*function)(void *, curlsocktype, struct curl_sockaddr *));
CURLcode ccurl_set_prereq_function(CURL *easy, int (*function)(void *, char *, char *, int, int));
/// Options that take a `struct curl_blob`; libcurl copies the bytes.
CURLcode ccurl_set_copied_blob(CURL *easy, CURLoption option, const void *bytes, size_t count);
CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value);
CURLcode ccurl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value);
CURLcode ccurl_get_string(CURL *easy, CURLINFO info, const char **value);
CURLcode ccurl_get_pointer(CURL *easy, CURLINFO info, void **value);
CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value);
CURLMcode ccurl_multi_set_pointer(CURLM *multi, CURLMoption option, void *value);
CURLMcode ccurl_multi_set_socket_function(
    CURLM *multi, int (*function)(CURL *, curl_socket_t, int, void *, void *));
CURLMcode ccurl_multi_set_timer_function(CURLM *multi, int (*function)(CURLM *, long, void *));
/// The easy handle and result of a finished transfer, or null when none is left.
CURL *ccurl_multi_next_finished(CURLM *multi, CURLcode *result);
