"""What main.cf and master.cf mean together: layers, services, ``$`` expansion, restriction lists."""
