// tests of Service
