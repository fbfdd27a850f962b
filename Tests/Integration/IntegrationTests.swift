// tests of Integration
