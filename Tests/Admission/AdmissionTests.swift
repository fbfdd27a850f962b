// tests of Admission
