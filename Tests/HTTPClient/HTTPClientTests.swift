// tests of HTTPClient
