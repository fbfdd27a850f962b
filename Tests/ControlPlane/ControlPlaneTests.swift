// tests of ControlPlane
